// What pairs and texts ask the server for: one listener for the links and buttons of all of them. Made known to htmx one by one, they
// are a third of what opening a page of 200 pairs costs a browser in scripts, and a seventh of the page's bytes.
// `data-to` says where the answer goes: into the part itself (""), into its place of that name ("rerun"), or elsewhere ("#branch-pair-1").
// Asked is for what the link or button leads to without a script, or for `data-get`.

export function watchRequests(root) {
  root.addEventListener("click", (event) => {
    const asker = event.target.closest("[data-to]");
    if (!asker || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { to } = asker.dataset;
    const part = asker.closest("[data-part]").id;
    ask(asker, to.startsWith("#") ? to : `#${to ? `${part}-${to}` : part}`, event);
  });
}

export function ask(asker, target, event) {
  const action = asker.getAttribute("formaction");
  const url = action ?? asker.dataset.get ?? asker.getAttribute("href").split("#")[0];
  // Why it failed is told by the shell.
  htmx.ajax(action ? "POST" : "GET", url, { source: asker, event, target, swap: "outerHTML" }).catch(() => url);
}
