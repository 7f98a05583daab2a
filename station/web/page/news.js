/* What is new is told: by sound, and to who cannot see. */
import { tellNews } from "./ask.js";
import { $, setText } from "./dom.js";
import { faceOf, spokenFace } from "./face.js";
import { model } from "./model.js";
import { noticeText } from "./text.js";
import { tiles } from "./tiles.js";

export function announce(before) {
	const said = [];
	let worst = "";

	for (const n of model.order) {
		const tile = model.tiles.get(n), live = model.live.get(n);
		const isDone = live && live.state === "done" && tile && tile.outcome;

		if (!isDone || before.get(n) === toldOf(tile))
			continue;
		said.push(spokenFace(n, faceOf(n)));
		if (tiles.has(n)) {
			tiles.get(n).el.classList.add("fresh");
		}
		if (tile.outcome === "FAIL")
			worst = "fail";
		else if (tile.outcome !== "PASS" || ["to_scan", "mismatch", "failed"].includes(tile.label))
			worst = worst === "fail" ? worst : "attention";
		else
			worst = worst || "pass";
	}
	if (said.length)
		setText($("spoken"), said.slice(0, 5).join(". "));
	return worst;
}

/* A label that is only printed is nothing new about a result. */
function toldOf(tile) {
	const isNews = ["to_scan", "scanned", "mismatch", "failed"].includes(tile.label);

	return tile.visit + tile.code + (isNews ? tile.label : "");
}

/* What came of a request later (a recipe with errors), or of a scanner of the line's own, and nobody
 * would see: locks are alarms, and who asked for something on a page has the answer. */
export function tellNotice(before) {
	const known = new Set(before.map((notice) => notice.time + notice.text));
	const news = (model.head.notices || []).find((notice) =>
		!known.has(notice.time + notice.text) && notice.from !== "web"
		&& !["LOCKED", "UNLOCKED"].includes(notice.code));

	if (news)
		tellNews(noticeText(news), Boolean(news.refused));
}

export function told() {
	const all = new Map();

	for (const n of model.order) {
		const tile = model.tiles.get(n), live = model.live.get(n);

		if (live && live.state === "done" && tile && tile.outcome)
			all.set(n, toldOf(tile));
	}
	return all;
}
