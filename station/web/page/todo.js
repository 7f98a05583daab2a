/* What to do, at the side: every slot that needs somebody, most urgent first. */
import { $, make, setText } from "./dom.js";
import { isBatchFull, isGoldenDue, lineLock, model, waitsForNumber } from "./model.js";
import { openSlot } from "./slot.js";
import { language, reasonOf, sentenceOf, t } from "./text.js";

const TODO_MAX = 64;
const OUT_LETTERS_MAX = 60; /* green tiles are seen; the room is for those that need somebody */
const ASKS_LABEL = ["to_scan", "mismatch", "failed"];
const URGENCY = { FAIL: 1, ERROR: 2, TIMEOUT: 3, ABORTED: 5 };

function todoOf(n) {
	const tile = model.tiles.get(n), live = model.live.get(n);

	if (!tile || !live)
		return null;
	if (waitsForNumber(tile, live))
		return { n, kind: "label", rank: 4, name: t("state.waiting"), what: t("tile.scan_number.do") };
	if (live.state !== "done" || !tile.outcome || (tile.gone && !ASKS_LABEL.includes(tile.label)))
		return null;
	if (tile.outcome !== "PASS")
		return { n, kind: tile.outcome, rank: URGENCY[tile.outcome], name: reasonOf(tile.code),
			what: tile.hint || sentenceOf(tile.code) };
	if (ASKS_LABEL.includes(tile.label))
		return { n, kind: tile.label === "to_scan" ? "label" : "ERROR",
			rank: tile.label === "to_scan" ? 4 : 1, name: t("label." + tile.label),
			what: t("label.do." + tile.label) + (tile.label === "failed" && tile.label_text
				? " (" + tile.label_text + ")" : "") };
	return null;
}

/* Slots with the same trouble and the same remedy: one row. Most urgent first. */
function todoRows() {
	const rows = new Map();

	for (const item of model.order.map(todoOf).filter(Boolean)) {
		const key = JSON.stringify([item.rank, item.kind, item.name, item.what]);

		if (rows.has(key))
			rows.get(key).slots.push(item.n);
		else
			rows.set(key, { ...item, slots: [item.n] });
	}
	return [...rows.values()].sort((a, b) => a.rank - b.rank || a.n - b.n);
}

/* 1, 2, 3, 7: "1–3 7". model.order has them as they stand on the fixture. */
function slotsText(slots) {
	const parts = [];
	let from = 0;

	for (let i = 0; i < slots.length; i++) {
		const next = model.order[model.order.indexOf(slots[i]) + 1];

		if (slots[i + 1] !== undefined && slots[i + 1] === next)
			continue;
		parts.push(i === from ? String(slots[i])
			: slots[from] + (i === from + 1 ? " " : "–") + slots[i]);
		from = i + 1;
	}
	return parts.join(" ");
}

/* What is to be done where no slot needs anybody. */
function idleText() {
	const head = model.head;
	const isFree = model.order.some((n) => (model.live.get(n) || {}).state === "empty"
		&& !(model.tiles.get(n) || {}).disabled);

	if (head.draining || head.stopping || head.ended)
		return t("todo.nothing");
	if (lineLock())
		return t(isGoldenDue() ? "lock.GOLDEN_DUE" : "todo.locked");
	if (isBatchFull())
		return t("todo.batch_full");
	return t(isFree ? "todo.plug_in" : "todo.nothing");
}

let drawnTodo = "";
export function drawTodo() {
	const list = todoRows();
	const out = model.order.filter((n) => {
		const tile = model.tiles.get(n), live = model.live.get(n);

		return live && live.state === "done" && tile && tile.outcome === "PASS" && !tile.gone
			&& !["to_scan", "mismatch", "printing", "failed"].includes(tile.label);
	});
	const idle = idleText();
	const text = JSON.stringify([list, out, language, idle]);

	if (drawnTodo === text)
		return;
	drawnTodo = text;
	$("todo-list").replaceChildren(...list.slice(0, TODO_MAX).map((item) => {
		const li = make("li", item.slots.length > 1 ? "many" : ""), button = make("button");

		button.type = "button";
		button.append(make("span", "no " + item.kind, slotsText(item.slots)),
			make("span", "name", item.name), make("span", "what", item.what));
		button.addEventListener("click", () => openSlot(item.n));
		li.dataset.count = String(item.slots.length);
		li.append(button);
		return li;
	}));
	$("todo-out").replaceChildren();
	if (out.length)
		$("todo-out").append(make("b", "", t("todo.out", { n: out.length })),
			slotsText(out).length > OUT_LETTERS_MAX ? "" : ": " + slotsText(out));
	else if (!list.length)
		$("todo-out").textContent = idle;
	drawTodoMore();
}

/* Large letters where all of it has room; else what has no room is counted, not cut. */
export function drawTodoMore() {
	const rows = [...$("todo-list").children];
	const isCut = (li) => li.getBoundingClientRect().bottom
		> $("todo-list").getBoundingClientRect().bottom + 4;
	let hidden = 0;

	setText($("todo-more"), "");
	$("todo").classList.add("roomy");
	if ($("todo").scrollHeight > $("todo").clientHeight + 1 || rows.some(isCut))
		$("todo").classList.remove("roomy");
	if (rows.some(isCut))
		setText($("todo-more"), t("todo.more", { n: rows.length })); /* it takes room itself */
	for (const li of rows) {
		const isOut = isCut(li);

		li.classList.toggle("cut", isOut);
		if (isOut)
			hidden += li.dataset.count ? Number(li.dataset.count) : 1;
	}
	setText($("todo-more"), hidden ? t("todo.more", { n: hidden }) : "");
}
