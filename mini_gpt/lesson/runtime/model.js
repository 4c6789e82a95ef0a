// What a widget's front end asks and tells: the part of anywidget's model that they use, in a page without Python.

/** @template {object} Traits */
export class Model extends EventTarget {
  #state;
  /** @type {Partial<Traits>} */
  #unsaved = {};

  /**
   * @param {Traits} state
   * @param {string} [asks]  the name of the GPT that answers, if it is not the page's first
   */
  constructor(state, asks) {
    super();
    this.asks = asks;
    this.#state = { ...state };
  }

  /**
   * @template {keyof Traits} Name
   * @param {Name} name
   * @returns {Traits[Name]}
   */
  get(name) {
    return this.#state[name];
  }

  /**
   * A value that is chosen here; save_changes tells it to whoever listens.
   *
   * @template {keyof Traits} Name
   * @param {Name} name
   * @param {Traits[Name]} value
   */
  set(name, value) {
    if (this.#state[name] === value) return;
    this.#unsaved[name] = value;
    /** @type {Partial<Traits>} */
    const change = {};
    change[name] = value;
    this.receive(change);
  }

  save_changes() {
    const detail = this.#unsaved;
    this.#unsaved = {};
    this.dispatchEvent(new CustomEvent("save", { detail }));
  }

  /**
   * Values that come from elsewhere.
   *
   * @param {Partial<Traits>} changes
   */
  receive(changes) {
    Object.assign(this.#state, changes);
    for (const name of Object.keys(changes)) this.dispatchEvent(new Event(`change:${name}`));
    this.dispatchEvent(new Event("change"));
  }

  /**
   * event is "change", "change:NAME", or "save" with what is saved as its detail.
   *
   * @param {string} event
   * @param {(event: CustomEvent<Partial<Traits>>) => void} listener
   */
  on(event, listener) {
    this.addEventListener(event, /** @type {EventListener} */ (listener));
  }

  /**
   * @param {string} event
   * @param {(event: CustomEvent<Partial<Traits>>) => void} listener
   */
  off(event, listener) {
    this.removeEventListener(event, /** @type {EventListener} */ (listener));
  }
}
