/* The head: recipe, batch, yield, operator, the plant's ledger. */
import { $, setText } from "./dom.js";
import { model } from "./model.js";
import { get } from "./server.js";
import { t } from "./text.js";

function percentText(k, n) {
	return n ? (Math.floor(k * 1000 / n) / 10).toLocaleString(document.documentElement.lang,
		{ minimumFractionDigits: 1 }) + " %" : "–";
}

function drawBatch(head) {
	const isCounted = head.batch_of !== undefined && head.batch_of > 0;
	const left = isCounted ? Math.max(head.batch_of - head.batch_passed, 0) : 0;

	setText($("batch-count"), isCounted ? head.batch_passed + " / " + head.batch_of
		: head.batch || "–");
	$("batch-bar").hidden = !isCounted;
	if (isCounted)
		$("batch-bar").value = Math.min(head.batch_passed / head.batch_of, 1);
	setText($("batch-name"), !head.batch ? t("head.no_batch") : !isCounted ? ""
		: head.batch + " · " + (left ? t("head.to_go", { n: left }) : t("head.batch_full")));
}

function drawPlant(plant) {
	$("plant-box").hidden = !plant;
	if (!plant)
		return;
	$("plant").classList.toggle("bad", !plant.connected || Boolean(plant.alarm));
	setText($("plant"), plant.alarm ? t("plant.alarm") : plant.connected ? t("plant.connected")
		: t("plant.away"));
	setText($("plant-more"), plant.pending ? t("plant.pending", { n: plant.pending }) : "");
	$("plant-box").title = plant.alarm || plant.trouble || "";
}

export function drawHead() {
	const head = model.head, c = head.counts || {};
	const isJudged = c.passed || c.failed; /* errors alone say nothing about units */

	setText($("station"), head.station || "Flashline");
	setText($("recipe-name"), head.recipe || "");
	setText($("recipe-revision"), head.recipe ? "· " + t("head.revision", { n: head.revision }) : "");
	setText($("recipe-product"), head.product ? "· " + head.product : "");
	drawBatch(head);
	setText($("first-pass"), isJudged ? percentText(c.first_passed, c.first_units) : "–");
	setText($("first-of"), isJudged ? t("head.of", { k: c.first_passed, n: c.first_units }) : "");
	setText($("units"), String(c.units || 0));
	setText($("units-passed"), t("head.passed", { n: c.passed || 0 }) + " · ");
	setText($("units-not"), t("head.not_passed", { n: (c.failed || 0) + (c.errors || 0) }));
	setText($("operator"), head.operator || t("head.nobody"));
	setText($("bound"), head.bound_serial ? t("head.bound", { serial: head.bound_serial }) : "");
	drawPlant(head.plant);
	document.title = (head.station ? head.station + " – " : "") + "Flashline";
}

let approvalOf = "";
export async function drawApproval() {
	const digest = model.head.digest;

	if (!digest || !model.head.records || approvalOf === digest)
		return;
	approvalOf = digest;
	const answer = await get("/api/recipe?id=" + encodeURIComponent(digest));
	const state = !answer ? "" : answer.approved ? "head.approved"
		: answer.retired ? "head.retired" : "";

	$("approval").dataset.state = state;
	$("approval").classList.toggle("bad", state === "head.retired");
	setText($("approval"), state ? t(state) : "");
}
