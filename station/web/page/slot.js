/* A slot, opened: its unit, what can be done, the units before. */
import { askAndRequest, personField, reasonField, request } from "./ask.js";
import { $, make, setText, shape } from "./dom.js";
import { faceOf } from "./face.js";
import { model } from "./model.js";
import { get } from "./server.js";
import { clockText, reasonOf, secondsText, sentenceOf, t } from "./text.js";

export function fact(list, name, value) {
	if (value === undefined || value === null || value === "")
		return;
	list.append(make("dt", "", t(name)), make("dd", "", String(value)));
}

export function action(kind, label, onClick) {
	const button = make("button", "", t(label));

	button.type = "button";
	button.dataset.action = kind;
	button.addEventListener("click", onClick);
	return button;
}

function actionsOf(n, history) {
	const box = make("div", "buttons");
	const close = () => $("sheet").close();

	box.append(action("retest", "action.retest", async () => {
		if (await request({ request: "retest", slot: n }))
			close();
	}));
	if (history.disabled)
		box.append(action("enable", "action.enable", async () => {
			close();
			await askAndRequest("enable", n, t("action.enable") + ": " + t("head.slot", { n }),
				[personField()]);
		}));
	else
		box.append(action("disable", "action.disable", async () => {
			close();
			await askAndRequest("disable", n, t("action.disable") + ": " + t("head.slot", { n }),
				[personField(), reasonField()]);
		}));
	if (history.label)
		box.append(action("reprint", "action.reprint", async () => {
			close();
			await askAndRequest("reprint", n, t("action.reprint") + ": " + t("head.slot", { n }),
				[personField(), reasonField()]);
		}));
	return box;
}

function verdictOf(outcome, word) {
	const el = make("div", "verdict " + outcome);

	el.append(shape(outcome), make("span", "", word));
	return el;
}

function pastTable(past) {
	const table = make("table"), head = make("tr");

	for (const key of ["history.time", "history.result", "history.why", "history.unit", "history.took"])
		head.append(make("th", "", t(key)));
	table.append(head);
	for (const run of past) {
		const row = make("tr"), why = make("td", "", run.code === "OK" ? "" : reasonOf(run.code));

		row.append(make("td", "", clockText(run.end, true)),
			make("td", run.outcome, t("outcome." + run.outcome)), why,
			make("td", "", [run.serial, run.mac].filter(Boolean).join(" · ")),
			make("td", "", secondsText(Math.round(run.seconds))));
		table.append(row);
	}
	return table;
}

async function addLog(box, runId) {
	if (!runId || !model.head.records)
		return;
	try {
		const answer = await fetch("/api/run?id=" + encodeURIComponent(runId), { cache: "no-store" });

		if (!answer.ok)
			return;
		const text = await answer.text();

		if (text.trim())
			box.append(make("h3", "", t("history.log")), make("pre", "", text));
	} catch (e) { /* the sheet is good without it */ }
}

export async function openSlot(n) {
	const history = await get("/api/history?slot=" + n);
	const body = $("sheet-body"), facts = make("dl", "facts");

	setText($("sheet-title"), t("head.slot", { n }));
	body.replaceChildren();
	if (!history) {
		body.append(make("p", "", t("stale.short")));
	} else {
		const face = faceOf(n);

		if (history.outcome) {
			body.append(verdictOf(history.outcome, t("outcome." + history.outcome)
				+ (history.code === "OK" ? "" : ": " + reasonOf(history.code))));
			body.append(make("p", "what", history.code === "OK" ? t("tile.take_out")
				: history.hint || sentenceOf(history.code)));
		} else {
			body.append(make("p", "", face.word));
		}
		fact(facts, "history.serial", history.serial);
		fact(facts, "history.mac", history.mac);
		fact(facts, "history.chip", history.chip);
		fact(facts, history.disabled && !history.outcome ? "history.why" : "history.detail",
			history.detail);
		fact(facts, "history.evidence", history.evidence === history.detail ? "" : history.evidence);
		fact(facts, "history.advice", history.advice);
		fact(facts, "history.suspects", history.suspects);
		fact(facts, "history.tried", history.rungs);
		fact(facts, "history.label", history.label_text || (history.label ? t("label." + history.label) : ""));
		fact(facts, "history.place", [history.place, history.bridge].filter(Boolean).join(" · "));
		fact(facts, "history.since", t("head.of", { k: history.passed, n: history.units }));
		body.append(facts, actionsOf(n, history));
		if (history.past.length)
			body.append(make("h3", "", t("history.past")), pastTable(history.past));
		addLog(body, history.run_id || (history.past[0] || {}).run_id);
	}
	$("sheet").dataset.slot = String(n);
	if (!$("sheet").open)
		$("sheet").showModal();
}
