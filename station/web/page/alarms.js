/* What holds the line up, in a band below the head. */
import { askBatch, askUnlock } from "./ask.js";
import { $, make, shape } from "./dom.js";
import { isBatchFull, model } from "./model.js";
import { has, language, saidText, t } from "./text.js";

function alarm(kind, title, why, button) {
	const el = make("div", kind);

	el.append(shape(kind.includes("quiet") ? "wait" : "locked"), make("strong", "", title),
		make("span", "why", why));
	if (button)
		el.append(button);
	return el;
}

function lockAlarm(lock) {
	const key = "lock." + lock.code;
	const name = has(key + ".name") ? t(key + ".name") : lock.code;
	const button = make("button", "", t("action.unlock"));
	const figures = lock.code === "LABEL_MISMATCH" ? "" : saidText({ ...lock.why, text: lock.detail });
	const why = (has(key) ? t(key) : lock.sentence) + (figures ? " (" + figures + ")" : "");

	button.type = "button";
	button.addEventListener("click", () => askUnlock(lock));
	return alarm("alarm", lock.slot ? t("lock.slot", { n: lock.slot, name })
		: t("lock.line", { name }), why, lock.code === "RECORDS_FAILED" ? null : button);
}

function batchAlarm(head) {
	const button = make("button", "", t("action.batch"));

	button.type = "button";
	button.addEventListener("click", askBatch);
	return alarm("alarm quiet", t("lock.batch_full", { batch: head.batch }),
		t("lock.batch_full.do", { n: head.batch_of }), button);
}

let drawnAlarms = "";
export function drawAlarms() {
	const head = model.head, locks = head.locks || [];
	const text = JSON.stringify([locks, head.draining, head.stopping, head.ended,
		head.next_recipe, head.batch, isBatchFull(), language]);
	const all = [];

	if (drawnAlarms === text)
		return;
	drawnAlarms = text;
	for (const lock of locks.filter((l) => !l.slot))
		all.push(lockAlarm(lock));
	for (const lock of locks.filter((l) => l.slot).slice(0, 2))
		all.push(lockAlarm(lock));
	if (locks.filter((l) => l.slot).length > 2)
		all.push(alarm("alarm", t("todo.more", { n: locks.filter((l) => l.slot).length - 2 }), ""));
	if (isBatchFull() && !head.ended)
		all.push(batchAlarm(head));
	if (head.ended)
		all.push(alarm("alarm", t("head.ended"), ""));
	else if (head.stopping)
		all.push(alarm("alarm quiet", t("head.stopping"), ""));
	else if (head.next_recipe)
		all.push(alarm("alarm quiet", t("head.next_recipe", { recipe: head.next_recipe }), ""));
	else if (head.draining)
		all.push(alarm("alarm quiet", t("head.draining"), ""));
	$("alarms").replaceChildren(...all);
}
