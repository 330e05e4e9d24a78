// Texts that are not as in version 1 say so beside their label, as edited calls do. The rail's background tells which: that takes version 1.

export function showEdited() {
  const marks = new Map([...document.querySelectorAll("#background [data-edited]")].map((mark) => [mark.dataset.edited, mark]));
  for (const shown of document.querySelectorAll("#thread [data-edited]")) shown.remove();
  if (!marks.size) return;
  for (const text of document.querySelectorAll("#thread .text")) {
    const mark = marks.get(text.dataset.anchor);
    if (mark) text.querySelector(".text-label, .thought > summary")?.append(mark.cloneNode(true));
  }
}
