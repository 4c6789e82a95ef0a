"""The backgrounds of slides: the tokens of a text as dots, with arcs to those that each one attends to."""

from collections.abc import Callable

from assets.measured import ids_of, weights
from mini_gpt.lesson.figures.style import BLUE, ORANGE

WIDTH, HEIGHT = 1280, 720
STORY = "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :"


def arcs(layer: int, base: float, left: float, right: float, opacity: float) -> str:
    """Half circles over a line of dots, as opaque as the largest weight of any head of mini in a layer."""
    seen = weights("mini", ids_of(STORY))[layer].amax(0).tolist()
    places = [round(left + i * (right - left) / (len(seen) - 1), 1) for i in range(len(seen))]
    shapes = []
    for query, row in enumerate(seen):
        color = ORANGE if query == len(seen) - 1 else BLUE
        for key, weight in enumerate(row[:query]):
            if weight >= 0.05:
                r = round((places[query] - places[key]) / 2, 1)
                arc = f"M{places[key]} {base}A{r} {r} 0 0 1 {places[query]} {base}"
                shapes.append(f'<path d="{arc}" stroke="{color}" stroke-opacity="{opacity * weight:.2f}"/>')
        shapes.append(f'<circle cx="{places[query]}" cy="{base}" r="5" fill="{color}" fill-opacity="{opacity}"/>')
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    body = "\n".join(shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} fill="none" stroke-width="2.5">\n{body}\n</svg>\n'


BACKDROPS: dict[str, Callable[[], str]] = {
    "cover": lambda: arcs(layer=0, base=690, left=40, right=1240, opacity=0.45),
    "background": lambda: arcs(layer=3, base=712, left=640, right=1272, opacity=0.15),
}
