// The renewal poll says whether one edits; after another tab's save it asks for the whole rail, which has the new version.

export function tellPresence() {
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.id !== "claim" || detail.verb !== "post") return;
    if (document.querySelector("form.editor")) detail.parameters.editing = "1";
    if (detail.triggeringEvent?.type === "claim:saved") detail.parameters.whole = "1";
  });
}
