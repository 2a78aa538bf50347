// What both panels share: a side panel on a wide screen, a sheet on a narrow one.

const WIDE = matchMedia("(min-width: 64rem)");

/** A dialog that closes by its button, by Esc and by a tap beside it, and gives the focus back. */
export class Sheet {
  /** `beside`: on a wide screen the page stays in use next to it. */
  constructor(dialog, { beside = false, onClose = () => {} } = {}) {
    this.dialog = dialog;
    this.beside = beside;
    this.opener = null;
    dialog.querySelector(".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      document.body.classList.remove("beside");
      onClose();
      // Whoever has gone on to another field meanwhile stays there.
      const isLost = document.activeElement === document.body || dialog.contains(document.activeElement);
      if (isLost && this.opener?.isConnected) this.opener.focus();
    });
    document.addEventListener("keydown", (event) => this.#closeByKey(event));
  }

  /** Open it; closing returns the focus to `opener`. */
  open(opener) {
    this.opener = opener;
    if (this.dialog.open) return;
    if (this.beside && WIDE.matches) {
      document.body.classList.add("beside");
      this.dialog.show();
    } else {
      this.dialog.showModal();
    }
  }

  close() {
    this.dialog.close();
  }

  // A dialog over the page closes by Esc of itself; one beside it does not.
  #closeByKey(event) {
    const isBeside = this.dialog.open && !this.dialog.matches(":modal");
    if (event.key !== "Escape" || event.isComposing || !isBeside || document.querySelector("dialog:modal")) return;
    event.preventDefault();
    this.dialog.close();
  }
}
