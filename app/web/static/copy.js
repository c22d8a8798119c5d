"use strict";

// A button beside a text copies it. Without this file the button is hidden, and the text can be selected.

(() => {
  const TOLD_MS = 2500;

  function textOf(button) {
    return document.getElementById(button.dataset.copies).textContent.trim();
  }

  // Browsers have no clipboard on pages over plain HTTP, as in many internal networks.
  function copyBySelection(text) {
    const holder = document.createElement("textarea");
    holder.value = text;
    holder.className = "sr";
    (document.querySelector("dialog[open]") || document.body).append(holder);
    holder.select();
    const isCopied = document.execCommand("copy");
    holder.remove();
    return isCopied;
  }

  async function copy(text) {
    if (!navigator.clipboard) return copyBySelection(text);
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text);
    }
  }

  function tell(button, isCopied) {
    const place = button.querySelector("[role=status]");
    place.textContent = isCopied ? button.dataset.done : button.dataset.failed;
    button.classList.toggle("is-copied", isCopied);
    setTimeout(() => {
      place.textContent = "";
      button.classList.remove("is-copied");
    }, TOLD_MS);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const isCopied = await copy(textOf(button));
    button.focus();
    tell(button, isCopied);
  });
})();
