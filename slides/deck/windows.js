// The presenter's window and the audience's are two pages of one deck. Marp keeps them at the same slide; this keeps
// the same what is chosen on it. Nothing else is sent: what follows from a choice, each page works out by itself.

/** @typedef {Record<string, unknown>} Changes */
/** @typedef {import("../../mini_gpt/lesson/runtime/model.js").Model<Changes>} Model */

/**
 * Where the deck's windows hear each other; null where the browser denies it, as some do where storage is turned off.
 *
 * @param {string} key
 */
function channelOf(key) {
  try {
    return new BroadcastChannel(`deck ${key}`);
  } catch {
    return null;
  }
}

/**
 * Keep models, by name, in step with those of the deck's other windows, from now on and as they already are there.
 *
 * @param {Record<string, Model>} models
 */
export function keepInStep(models) {
  const key = history.state?.marpBespokeSyncKey; // Marp's own: the same in the windows that belong together
  const channel = key ? channelOf(key) : null;
  if (!channel) return;
  /** @type {Record<string, Changes>} */
  const chosen = {}; // by model, what was chosen in any of the windows
  /** @type {(name: string, changes: Changes) => void} */
  const remember = (name, changes) => {
    chosen[name] = { ...chosen[name], ...changes };
  };

  for (const [name, model] of Object.entries(models)) {
    model.on("save", ({ detail }) => {
      remember(name, detail);
      channel.postMessage({ [name]: detail });
    });
  }
  channel.addEventListener("message", ({ data }) => {
    if (data === "new here") return channel.postMessage(chosen);
    for (const [name, changes] of Object.entries(/** @type {Record<string, Changes>} */ (data))) {
      remember(name, changes);
      models[name]?.receive(changes); // a widget that failed here has none
    }
  });
  channel.postMessage("new here");
}
