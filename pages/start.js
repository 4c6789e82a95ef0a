// A page from a disk may import no file, but it may import what it has made itself: a module for each source, in their order.
const urls = {};
for (const [name, source] of Object.entries(MODULES)) {
  const linked = source.replace(/from "([\w./]+)";/g, (whole, other) =>
    urls[other] ? `from "${urls[other]}";` : whole,
  );
  urls[name] = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
}
import(urls["pages/live.js"]);
