/** Browsers do not start workers from local files, so a hidden frame runs the search worker. */
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #frame = document.createElement("iframe");
    #waiting = [];

    constructor(/** @type {string | URL} */ script) {
      super();
      this.#frame.hidden = true;
      this.#frame.addEventListener("load", () => this.#start(String(script)), { once: true });
      document.body.append(this.#frame);
    }

    postMessage(/** @type {any} */ data) {
      if (this.#waiting) this.#waiting.push(data);
      else this.#frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }));
    }

    terminate() {
      this.#frame.remove();
    }

    #start(/** @type {string} */ script) {
      const { contentWindow, contentDocument } = this.#frame;
      contentWindow.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      const element = contentDocument.createElement("script");
      element.src = script;
      element.addEventListener("load", () => {
        const waiting = this.#waiting;
        this.#waiting = null;
        waiting.forEach((data) => this.postMessage(data));
      });
      contentDocument.body.append(element);
    }
  };
}
