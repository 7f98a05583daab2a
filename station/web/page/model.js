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
