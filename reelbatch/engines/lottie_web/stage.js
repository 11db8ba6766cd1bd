// Makes lottie-web show each frame of scene.json at the page's time.
"use strict";
const AT_A_TIME = 100; // frames skipped in one go: a page must not block for long

const play = async () => {
  const scene = await (await fetch("scene.json")).json();
  await Promise.all([...document.fonts].map((font) => font.load()));
  const film = lottie.loadAnimation({
    container: document.getElementById("stage"),
    renderer: "svg",
    loop: false,
    autoplay: false,
  });
  const failures = new Set();
  film.addEventListener("error", ({ nativeError }) => {
    if (!failures.has(String(nativeError))) console.error(`lottie-web: ${nativeError}`);
    failures.add(String(nativeError));
  });
  film.setupAnimation(scene.animation); // synchronous: there is nothing to load
  if (!film.isLoaded) throw new Error(`lottie-web cannot draw this: ${[...failures].join()}`);
  await Promise.all([...document.querySelectorAll("image")].map((image) => image.decode()));

  // A frame may depend on earlier ones, as with `wiggle`. These do not have to be drawn for that.
  for (let frame = 0; frame < scene.first; frame++) {
    film.goToAndStop(frame, true);
    if (frame % AT_A_TIME === AT_A_TIME - 1) await new Promise((then) => setTimeout(then));
  }
  const show = () => {
    film.goToAndStop(scene.first + reelbatch.frame, true);
    requestAnimationFrame(show);
  };
  requestAnimationFrame(show);
};

reelbatch.wait(play());
