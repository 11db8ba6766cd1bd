"""A page has the same history whichever of its frames are in the output."""

import numpy as np

from tests.reelbatch.engines.html.pages import Film, a_page, needs_browser

# Four grey boxes whose shades depend on events that only happen when frames are drawn.
_PAGE = a_page(
    """<style>
      b { position: absolute; width: 16px; height: 16px; top: 0; background: #111 }
      #list { position: absolute; top: 20px; width: 16px; height: 16px; overflow: hidden }
      #list p { height: 16px; margin: 8px 0; background: #ddd; transition: background 0.7s linear }
      #list p.seen { background: #060606 }
      @keyframes lighter { to { background: #eee } } @keyframes darker { to { background: #222 } }
      .lighter { animation: lighter 0.25s linear } .darker { animation: darker 0.25s linear }
    </style>
    <b id="chain" class="lighter"></b><b id="sized" style="left: 20px"></b>
    <b id="morph" style="left: 40px"></b>
    <div id="list"><p></p><p></p><p></p><p></p></div>
    <script>
      chain.addEventListener("animationend", () => {
        chain.className = chain.className === "lighter" ? "darker" : "lighter" });
      const seen = new IntersectionObserver((entries) => entries.forEach((entry) =>
        entry.target.classList.toggle("seen", entry.isIntersecting)), { root: list });
      list.querySelectorAll("p").forEach((each) => seen.observe(each));
      setInterval(() => { list.scrollTop += 5 }, 70);
      let level = 16;
      new ResizeObserver(() => { level += 24;
        sized.style.background = `rgb(${level}, 0, 0)` }).observe(sized);
      setInterval(() => { sized.style.width = `${10 + level / 24}px` }, 230);
      setTimeout(() => document.startViewTransition(() => {
        morph.style.background = "#f00" }), 310);
    </script>""",
    seconds=1.5,
)


@needs_browser
def test_a_frame_is_the_same_in_a_film_a_range_a_segment_and_a_still(film: Film) -> None:
    whole = film(_PAGE)
    assert len({picture.tobytes() for picture in whole}) > 10
    part, segment = film(_PAGE, frames=range(5, 8)), film(_PAGE, frames=range(9, 11), sound=False)
    for expected, found in zip([*whole[5:8], *whole[9:11]], [*part, *segment], strict=True):
        assert np.array_equal(expected, found)
    (still,) = film(_PAGE, codec="image_png", frames=range(12, 13))
    # The same picture, with ProRes's losses.
    assert np.abs(still.astype(int) - whole[12]).max() < 12
    again = film(_PAGE)
    assert all(np.array_equal(one, other) for one, other in zip(whole, again, strict=True))


@needs_browser
def test_a_page_may_wait_for_timers_and_random_numbers_are_the_same(film: Film) -> None:
    page = a_page(
        """<i></i><script>
        if (crypto.randomUUID() !== "a4f16a54-95f7-4a64-adc2-255040584f0b") throw new Error("id");
        if (crypto.getRandomValues(new Uint8Array(2)).join() !== "24,184") throw new Error("bytes");
        reelbatch.wait(new Promise((done) => setTimeout(done, 40))).then(() => {
          document.querySelector("i").style.left = "30px" });
        requestAnimationFrame(() => { if (reelbatch.time !== 0) throw new Error("late") });
        </script>"""
    )
    (first,) = film(page, codec="image_png")
    assert first[18, 31].tolist() == [255, 0, 0, 255]


@needs_browser
def test_a_page_that_waits_forever_is_drawn_with_a_warning(film: Film) -> None:
    (still,) = film(
        a_page("<i></i><script>reelbatch.wait(new Promise(() => {}))</script>"), codec="image_png"
    )
    assert still[18, 1].tolist() == [255, 0, 0, 255]
    assert film.rendered is not None
    [warning] = film.rendered.warnings
    assert (warning.code, "frames are drawn anyway" in warning.message) == (
        "PAGE_WARNING",
        True,
    )


@needs_browser
def test_animations_are_exact_to_the_last_digit(film: Film) -> None:
    page = a_page(
        """<style>@property --far { syntax: "<number>"; inherits: false; initial-value: 0 }
        i { animation: go 10s linear both } @keyframes go { to { --far: 1000000000 } }</style>
        <i></i>        <script>const [bar] = document.getElementsByTagName("i");
        const look = () => { const far = getComputedStyle(bar).getPropertyValue("--far");
          if (Number(far) !== reelbatch.frame * 1e7) throw new Error(`${reelbatch.frame}: ${far}`);
          requestAnimationFrame(look) };
        requestAnimationFrame(look)</script>""",
        seconds=5,
    )
    film(page, codec="image_png", frames=range(49, 50))
