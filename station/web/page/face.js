/* What a tile shows: word, shape, lines. Pure: tiles.js draws it. */
import { isGoldenDue, isStale, lineLock, lockOf, model, unitText, waitsForNumber } from "./model.js";
import { reasonOf, secondsText, sentenceOf, t } from "./text.js";

const AT_WORK = ["starting", "opening", "running", "storing"];

function labelLine(tile) {
	return tile.label && tile.label !== "none" ? t("label." + tile.label) : "";
}

/* Of a slot that works: step, percent, seconds left. */
function faceAtWork(tile, live) {
	const left = live.away ? t("tile.away") : live.left !== undefined
		? t("tile.left", { time: secondsText(live.left) }) : "";

	return {
		kind: "work", shape: tile.golden ? "golden" : "work",
		word: live.step ? t("step." + live.step) : t("state." + live.state),
		part: live.percent,
		pair: [live.percent !== undefined ? live.percent + " %" : "", left],
		lines: [unitText(tile), live.try > 1 ? t("tile.try", { n: live.try }) : ""],
	};
}

/* A good unit may not go before its label is right: the slot does not look as if it might. */
const LABEL_FACES = {
	to_scan: { kind: "label", shape: "label", word: "tile.scan_label" },
	mismatch: { kind: "ERROR", shape: "label", word: "tile.wrong_label" },
	failed: { kind: "label", shape: "ERROR", word: "tile.no_label" },
};

/* Of a slot with a result. */
function faceDone(tile, live) {
	const isPass = tile.outcome === "PASS";
	const face = {
		kind: tile.outcome, shape: tile.outcome, word: t("outcome." + tile.outcome),
		/* The end of a number is what tells it from the next: it gets the room. */
		pair: [unitText(tile), live.took && !tile.serial ? secondsText(live.took) : ""],
		lines: [], remedy: "",
	};

	if (tile.code === "ALREADY_FINISHED") {
		face.kind = "before";
		face.shape = tile.before_outcome;
		face.word = t("tile.before", { outcome: t("outcome." + tile.before_outcome) });
	}
	if (tile.golden && isPass)
		face.word = t("tile.golden_ok");
	if (isPass && LABEL_FACES[tile.label]) {
		Object.assign(face, LABEL_FACES[tile.label]);
		face.word = t(face.word);
		face.lines.push(t("outcome.PASS"));
		face.remedy = t("label.do." + tile.label);
		return face;
	}
	if (!isPass)
		face.lines.push(reasonOf(tile.code));
	else
		face.lines.push(tile.gone ? t("tile.gone") : labelLine(tile) || t("tile.take_out"));
	if (!tile.stored && tile.code !== "ALREADY_FINISHED")
		face.lines.unshift(t("tile.not_stored"));
	face.remedy = isPass ? labelLine(tile) && !tile.gone ? t("tile.take_out") : "" : tile.hint || sentenceOf(tile.code);
	return face;
}

function faceNone(tile, live, lock) {
	const state = live.state;
	const face = { kind: state, shape: state === "empty" ? "empty" : "wait",
		word: t("state." + state), lines: [], pair: [unitText(tile), ""] };

	if (state === "empty" && tile.disabled) {
		face.kind = "off";
		face.shape = "off";
		face.word = t("tile.off");
		face.remedy = tile.detail || "";
	} else if (state === "empty" && !lock && isGoldenDue()) {
		face.shape = "golden";
		face.word = t("tile.golden_due");
	} else if (state === "empty" && (lock || lineLock())) {
		face.shape = "locked";
		face.word = t("tile.locked");
	}
	if (state === "not started")
		face.kind = "empty";
	if (waitsForNumber(tile, live)) {
		face.kind = "waiting asked";
		face.shape = "label";
		face.word = t("tile.scan_number");
		face.remedy = t("tile.scan_number.do");
	}
	else if (state === "waiting" && lineLock() && !isGoldenDue())
		face.lines.push(t("tile.locked"));
	if (tile.retest)
		face.lines.push(t("tile.retest"));
	return face;
}

export function faceOf(n) {
	const tile = model.tiles.get(n) || { n }, live = model.live.get(n) || { state: "empty" };
	const lock = lockOf(n);
	let face;

	if (live.state === "done" && tile.outcome)
		face = faceDone(tile, live);
	else if (AT_WORK.includes(live.state))
		face = faceAtWork(tile, live);
	else
		face = faceNone(tile, live, lock);
	face.classes = ["tile", face.kind];
	if (lock) {
		face.classes.push("locked");
		if (live.state !== "empty")
			face.lines.push(t("tile.locked"));
	}
	if (tile.golden)
		face.classes.push("golden");
	if (tile.gone)
		face.classes.push("gone");
	if (isStale) {
		face.lines = live.state === "empty" ? [] : [t("stale.was", { word: face.word })];
		face.word = "?";
		face.shape = "old";
		face.pair = ["", ""];
		face.remedy = "";
		face.part = undefined;
	}
	return face;
}

export function spokenFace(n, face) {
	return [t("head.slot", { n }), face.word, ...face.lines, ...face.pair, face.remedy]
		.filter(Boolean).join(", ");
}
