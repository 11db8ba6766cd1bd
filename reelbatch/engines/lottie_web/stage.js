// Has lottie-web show each frame of scene.json, at the time of the page.
"use strict";

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
  film.setupAnimation(scene.animation); // at once: it has all that it needs
  if (!film.isLoaded) throw new Error(`lottie-web cannot draw this: ${[...failures].join()}`);
  await Promise.all([...document.querySelectorAll("image")].map((image) => image.decode()));

  const show = () => {
    film.goToAndStop(scene.first + reelbatch.frame, true);
    requestAnimationFrame(show);
  };
  requestAnimationFrame(show);
};

reelbatch.wait(play());
