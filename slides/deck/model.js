// What a widget's front end asks and tells: the part of anywidget's model that they use, in a page without Python.

export class Model extends EventTarget {
  #state;
  #unsaved = {};

  constructor(state) {
    super();
    this.#state = { ...state };
  }

  get(name) {
    return this.#state[name];
  }

  /** A value that is chosen here; save_changes tells it to whoever listens. */
  set(name, value) {
    if (this.#state[name] === value) return;
    this.#unsaved[name] = value;
    this.receive({ [name]: value });
  }

  save_changes() {
    const detail = this.#unsaved;
    this.#unsaved = {};
    this.dispatchEvent(new CustomEvent("save", { detail }));
  }

  /** Values that come from elsewhere. */
  receive(changes) {
    Object.assign(this.#state, changes);
    for (const name of Object.keys(changes)) this.dispatchEvent(new Event(`change:${name}`));
    this.dispatchEvent(new Event("change"));
  }

  /** event is "change", "change:NAME", or "save" with what is saved as its detail. */
  on(event, listener) {
    this.addEventListener(event, listener);
  }

  off(event, listener) {
    this.removeEventListener(event, listener);
  }
}
