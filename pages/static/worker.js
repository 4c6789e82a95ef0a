// Keeps the pages after the first visit, so that they are there without a network, and a model once a reader has asked for
// it. pages/build.py fills in the two names: the version changes with any file, and a new one replaces all that was kept.

const SITE = `gpt2-slide-by-slide ${registration.scope} `; // a host may hold other sites, with what they keep
const VERSION = "VERSION";
const FILES = "FILES";
const CACHE = `${SITE}${VERSION}`;

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
  skipWaiting();
});

addEventListener("activate", (event) => {
  const old = (names) =>
    names.filter((name) => name.startsWith(SITE) && name !== CACHE).map((name) => caches.delete(name));
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names))));
  event.waitUntil(clients.claim()); // of the page that brought this worker, too: what it asks for next is kept
});

async function answer(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return kept;
  const fetched = await fetch(request);
  if (fetched.ok && request.url.includes("/models/")) cache.put(request, fetched.clone());
  return fetched;
}

addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event.request));
});
