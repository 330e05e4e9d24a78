// The review page: keys, the active pair, drafts and what a save changed elsewhere. Reading and deciding work without it.

import { keepActive, startAtHash } from "./review-stops.js";
import { keepDrafts, reopenDrafts } from "./review-drafts.js";
import { watchReviewKeys } from "./review-keys.js";
import { watchComments } from "./review-comments.js";
import { meetOtherTabs } from "./review-tabs.js";
import { tellPresence } from "./review-presence.js";
import { watchArguments } from "./argument-form.js";
import { followSaves } from "./review-sync.js";
import { keepFocus } from "./review-focus.js";
import { showThoughts } from "./review-folds.js";
import { showLost } from "./review-lost.js";
import { watchMenus } from "./review-structure.js";
import { watchSaves } from "./review-saves.js";
import { watchMinimap } from "./review-minimap.js";
import { watchRequests } from "./review-requests.js";
import { followSources } from "./review-sources.js";
import { watchDifferences } from "./review-differences.js";

const root = document.getElementById("review");

keepActive(root);
watchArguments(root);
watchSaves(root);
keepDrafts(root);
keepFocus(root);
followSaves(root);
showThoughts();
followSources(root);
watchMinimap(root);
watchRequests(root);
watchMenus(root);
watchDifferences();
watchReviewKeys(document);
watchComments(root);
tellPresence();
meetOtherTabs(root);
startAtHash();
showLost(reopenDrafts());
