// What is wrong with the slide that is shown, as far as its elements tell: [rule, what] pairs; and where its texts are.
() => {
  const svg = document.querySelector("svg.bespoke-marp-active");
  // Behind a slide with a background picture stand two more sections.
  const layer = "data-marpit-advanced-background";
  const section = svg.querySelector(`section:not([${layer}]), [${layer}=content]`);
  const found = [];
  const wrong = (rule, what) => found.push([rule, what]);
  const named = ({ textContent, alt, ariaLabel, localName }) =>
    (textContent || alt || ariaLabel || localName).trim().replace(/\s+/g, " ").slice(0, 60);

  const slide = section.getBoundingClientRect();
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  // ------------------------------------------------------------ texts: where, how large, in which colour
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const texts = [];
  const text = (element, box, px, color) => texts.push({ element, what: named(element), box, px, color: rgba(color) });
  const walker = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, option") || !seen(element)) continue;
    const style = getComputedStyle(element);
    const drawn = element.closest("svg") !== svg && element.getScreenCTM();
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const px = parseFloat(style.fontSize) * (drawn?.d ?? 1);
    for (const box of range.getClientRects()) {
      if (box.width > 1 && box.height > 1) text(element, box, px, drawn ? style.fill : style.color);
    }
  }
  for (const control of section.querySelectorAll("select, textarea, input:not([type=range])")) {
    const style = getComputedStyle(control);
    if (seen(control)) text(control, control.getBoundingClientRect(), parseFloat(style.fontSize), style.color);
  }
  for (const formula of section.querySelectorAll("mjx-container")) {
    const drawing = formula.querySelector("svg"), box = drawing.getBoundingClientRect();
    const { width, height } = drawing.viewBox.baseVal; // in thousandths of an em
    const em = 1000 * Math.min(box.width / width, box.height / height);
    if (seen(formula)) text(formula, box, 0.707 * em, getComputedStyle(formula).color); // of an index
    const label = formula.getAttribute("aria-label");
    if (!label || label.includes("\\")) wrong("no words", `formula ${label}`);
  }
  const number = getComputedStyle(section, "::after"); // its box is not told, and its place is the theme's
  if (number.display !== "none" && parseFloat(number.fontSize) < 16) wrong("small text", "the page number");

  // ------------------------------------------------------------ what does not fit
  const pictures = [...section.querySelectorAll("img")].filter(seen);
  const footer = section.querySelector(":scope > footer");
  const floor = footer ? footer.getBoundingClientRect().top : slide.bottom;
  const ends = (what, { left, top, right, bottom }) => {
    const before = left < slide.left - 1 || top < slide.top - 1;
    if (before || right > slide.right + 1 || bottom > slide.bottom + 1) wrong("overflow", what);
    else if (bottom > floor + 1) wrong("overlap", what);
  };
  for (const { element, what, box, px } of texts) {
    if (!footer?.contains(element)) ends(what, box);
    if (px < (element.closest("[data-widget]") ? 20 : 16)) wrong("small text", `${px.toFixed(1)} px: ${what}`);
  }
  for (const element of [...pictures, ...section.querySelectorAll("pre, table")]) {
    ends(named(element), element.getBoundingClientRect());
  }
  for (const element of section.querySelectorAll(":not(input, textarea)")) {
    if (!seen(element) || element.closest("svg") !== svg) continue;
    const hides = getComputedStyle(element).overflow !== "visible";
    const more = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    if (hides && more) wrong("overflow", `hidden in ${named(element)}`);
  }

  // ------------------------------------------------------------ headings, pictures, widgets
  const headings = [...section.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((heading) => Number(heading.tagName[1]));
  if (headings.length === 0 || headings[0] > 2) wrong("no heading", named(section));
  const jumps = headings.some((level, i) => i > 0 && level > headings[i - 1] + 1);
  if (jumps) wrong("no heading", `h${headings.join(", h")}`);
  for (const picture of section.querySelectorAll("img")) {
    if (!picture.alt) wrong("no words", "picture");
    if (!picture.naturalWidth) wrong("broken picture", picture.alt);
  }
  for (const { alt, src, width, height } of pictures) {
    if (Math.min(width, height) < 150) wrong("small picture", alt);
    const drawing = src.startsWith("data:image/svg+xml") ? atob(src.split(",")[1]) : "";
    const box = drawing.match(/viewBox="0 0 ([\d.]+) ([\d.]+)"/)?.slice(1).map(Number);
    const letters = [...drawing.matchAll(/scale\(([\d.]+) -/g)].map(([, scale]) => 100 * scale); // matplotlib's shapes
    const px = box && Math.min(...letters) * Math.min(width / box[0], height / box[1]);
    if (px < 19) wrong("small text", `${px.toFixed(1)} px: ${alt}`);
  }
  for (const figure of svg.querySelectorAll(`[${layer}=background] figure`)) {
    if (!figure.textContent) wrong("no words", "background");
  }
  for (const widget of section.querySelectorAll("[data-widget]")) {
    if (widget.dataset.state !== "live") wrong("dead widget", widget.dataset.widget);
    else if (!widget.querySelector(":scope > div [aria-label]")) wrong("no words", widget.dataset.widget);
  }
  const loads = [...svg.querySelectorAll("section, figure")]
    .flatMap((element) => [...getComputedStyle(element).backgroundImage.matchAll(/url\("(.*?)"\)/g)])
    .map(([, src]) => Object.assign(new Image(), { src }).decode().catch(() => wrong("broken picture", "background")));
  const boxes = texts.map(({ what, box, color }) => ({ what, box: [box.left, box.top, box.right, box.bottom], color }));
  return Promise.all(loads).then(() => ({ found, texts: boxes }));
}
