"""A widget in a page of its own without internet; the test stands for JupyterLab: it holds the state, and answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from mini_gpt.lesson.widgets.widget import Widget

START = """async ([source, state, asked]) => {
    window.module = await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
    const listeners = [], tell = () => listeners.forEach(listener => listener());
    window.receive = changes => { Object.assign(state, changes); tell(); };
    window.model = {
        get state() { return state; },
        get: name => state[name],
        set: (name, value) => { if (state[name] !== value) { state[name] = value; tell(); } },
        on: (event, listener) => listeners.push(listener),
        off: () => listeners.pop(),
        save_changes: async () => {
            const changes = await answer(Object.fromEntries(asked.map(name => [name, state[name]])));
            if (changes) receive(changes);
        },
    };
    window.leave = window.module.default.render({model: window.model, el: document.querySelector("main")});
}"""

DARK = "body { background: #111; color: #eee; }"
JUPYTER_DARK = "body { background: #111; --jp-ui-font-color1: white; --jp-layout-color1: #212121; }"
CONTRASTS = """() => {
    const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const over = (color, below) => {
        context.fillStyle = `rgb(${below})`; context.fillRect(0, 0, 1, 1);
        context.fillStyle = color; context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const ground = element => over(getComputedStyle(element).backgroundColor,
                                   element.parentElement ? ground(element.parentElement) : [255, 255, 255]);
    const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const text = node => node.nodeType === Node.TEXT_NODE && node.data.trim();
    const told = [...document.querySelectorAll("main *")].filter(element =>
        /TEXTAREA|SELECT/.test(element.tagName) || [...element.childNodes].some(text));
    return told.map(element => {
        const below = ground(element);
        const lights = [light(below), light(over(getComputedStyle(element).color, below))];
        const [dark, bright] = lights.sort((a, b) => a - b);
        return [(bright + 0.05) / (dark + 0.05), element.textContent];
    });
}"""

State = dict[str, Any]


@contextmanager
def widget_pages(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A function that opens widgets; at the end no page has complained.

    open(widget, asked, answer)   when the page saves its changes, answer is given the traits named in asked, and
                                  returns what changes with them, or None
    width, page_style, change     of the page, and what the state is other than the widget's
    """
    errors, contexts = [], []

    def open_page(
        widget: Widget,
        asked: list[str],
        answer: Callable[[State], State | None],
        width: int = 900,
        page_style: str = "",
        change: State | None = None,
    ) -> Page:
        state = Widget.page_state(widget) | {"live": True}
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, offline=True))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.expose_function("answer", answer)
        page.set_content(f"<style id='page'>{page_style}</style><style>{widget._css}</style><main></main>")
        page.evaluate(START, [widget._esm, state | (change or {}), asked])
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
