/* What the station has told, and what follows from it. Only events.js changes it. */

export const model = { head: {}, tiles: new Map(), live: new Map(), order: [] };
/* What it holds is old: nothing of it may look new. */
export let isStale = true;

export function setStale(isSo) {
	isStale = isSo;
}

/* The end of a MAC tells units apart; a serial number is shown whole. */
export function unitText(tile) {
	return tile.serial || (tile.mac ? "··" + tile.mac.slice(-8) : "");
}

/* The unit is there, and somebody has to scan its number first. */
export function waitsForNumber(tile, live) {
	return live.state === "waiting" && Boolean(model.head.scans_serials) && !tile.serial;
}

/* A batch that has all its units refuses more. */
export function isBatchFull() {
	return model.head.batch_of > 0 && model.head.batch_passed >= model.head.batch_of;
}

export function lockOf(n) {
	return (model.head.locks || []).find((lock) => lock.slot === n);
}

export function lineLock() {
	return (model.head.locks || []).find((lock) => !lock.slot);
}

/* Nothing but a golden unit is missing: then plugging in is what is asked for. */
export function isGoldenDue() {
	const ofLine = (model.head.locks || []).filter((lock) => !lock.slot);

	return ofLine.length > 0 && ofLine.every((lock) => lock.code === "GOLDEN_DUE");
}
