// What search needs here. Browsers start no worker for pages that are read from a folder: there a hidden frame stands
// in for it. And in the index every Chinese character is a word of its own (scripts/site.py), so a query asks
// for each of its characters.
(() => {
  class FrameWorker extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.appendChild(frame);
      this.inner = frame.contentWindow;
      window.addEventListener("message", (event) => {
        if (event.source === this.inner) {
          this.dispatchEvent(new MessageEvent("message", { data: event.data }));
        }
      });
      this.inner.document.open();
      this.inner.document.write(
        `<body><script>postMessage = ${answer}; importScripts = ${load};</script><script src="${url}"></script></body>`,
      );
      this.inner.document.close();
      // Only now: opening a document takes its listeners away.
      this.ready = new Promise((resolve) => this.inner.addEventListener("load", resolve));
    }

    postMessage(data) {
      this.ready.then(() => this.inner.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.inner.frameElement.remove();
    }
  }

  function answer(data) {
    parent.postMessage(data, "*");
  }

  async function load(...urls) {
    for (const url of urls) {
      await new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = url;
        script.onload = resolve;
        document.body.appendChild(script);
      });
    }
  }

  const Real = location.protocol === "file:" ? FrameWorker : window.Worker;

  window.Worker = class extends Real {
    postMessage(message, ...rest) {
      const asked = typeof message.data === "string";
      super.postMessage(asked ? { ...message, data: parted(message.data) } : message, ...rest);
    }
  };

  function parted(query) {
    return query.replace(/\p{sc=Han}/gu, " +$& ");
  }
})();
