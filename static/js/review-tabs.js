// Two tabs of one person: each says that there is another, both can read, and a save in one shows in the other.

import { tab } from "./tabs.js";

export function meetOtherTabs(root) {
  const { user, pid } = root.dataset;
  const note = document.querySelector("[data-other-tab]");
  const others = new Set();
  const channel = new BroadcastChannel(`tracewright.page:${user}:${pid}`);
  const tell = (kind) => channel.postMessage({ kind, from: tab() });
  channel.onmessage = ({ data }) => {
    if (data.from === tab()) return;
    if (data.kind === "gone") others.delete(data.from);
    else others.add(data.from);
    if (data.kind === "came") tell("here");
    if (data.kind === "saved") {
      document.dispatchEvent(new CustomEvent("review:saved"));
      htmx.trigger(document.body, "claim:saved");
    }
    note.hidden = !others.size;
  };
  // Marks, tags and comments are news as well; the poll for the claim, which the other tab has of its own, is not.
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const { elt, verb } = detail.requestConfig;
    if (verb === "post" && detail.xhr.status === 200 && elt.id !== "claim") tell("saved");
  });
  addEventListener("pagehide", () => tell("gone"));
  addEventListener("pageshow", ({ persisted }) => persisted && tell("came"));
  tell("came");
}
