/* Listens to the station, and says so when nothing is heard. */
import { askLogin, mayRead, whenIn } from "./ask.js";
import { drawAlarms } from "./alarms.js";
import { $, setText } from "./dom.js";
import { drawApproval, drawHead } from "./head.js";
import { isStale, model, setStale } from "./model.js";
import { announce, tellNotice, told } from "./news.js";
import { play } from "./sound.js";
import { clockText, t } from "./text.js";
import { drawLayout, drawTile } from "./tiles.js";
import { drawTodo } from "./todo.js";

const STALE_MS = 6000; /* the station says something every 2 s */

let heardAt = 0; /* performance.now() of the last event */
let heardTime = 0; /* the station's clock then, UTC in ms */
let silentSince = 0; /* the station's loop itself is silent */
let source = null;
let isFirst = true; /* nothing is announced that was there before us */

export function drawAll() {
	drawHead();
	drawApproval();
	if ($("approval").dataset.state)
		setText($("approval"), t($("approval").dataset.state));
	drawAlarms();
	drawLayout();
	for (const n of model.order)
		drawTile(n);
	drawTodo();
	drawConnection();
}

function take(message) {
	const before = told(), locksBefore = (model.head.locks || []).length;
	const noticesBefore = model.head.notices || [];
	const wasStale = isStale;

	heardAt = performance.now();
	heardTime = message.now;
	silentSince = message.silent > STALE_MS ? message.now - message.silent : 0;
	if (message.full) {
		model.tiles.clear();
		model.live.clear();
	}
	if (message.head)
		model.head = message.head;
	for (const tile of message.tiles)
		model.tiles.set(tile.n, tile);
	for (const live of message.live)
		model.live.set(live.n, live);
	model.order = [...model.tiles.keys()].sort((a, b) => a - b);
	setStale(Boolean(silentSince) && !model.head.ended);
	if (!isFirst && message.head)
		tellNotice(noticesBefore);
	document.body.classList.remove("starting");
	if (message.full || message.head || wasStale !== isStale) {
		drawAll();
	} else {
		drawLayout();
		for (const part of [...message.tiles, ...message.live])
			drawTile(part.n);
		drawTodo();
		drawConnection();
	}
	if (!isFirst && !isStale && !wasStale) {
		const sound = announce(before);
		const isLocked = (model.head.locks || []).length > locksBefore;

		if (sound || isLocked)
			play(isLocked && sound !== "fail" ? "attention" : sound);
	}
	isFirst = false;
}

function drawConnection() {
	const isLost = isStale && (heardAt || !mayRead);

	document.body.classList.toggle("stale", isStale);
	$("lost").hidden = !isLost || !mayRead;
	if (isLost) {
		const why = silentSince ? "silent" : model.head.ended ? "ended" : "stale";

		setText($("lost-title"), t(why + ".title"));
		setText($("lost-text"), t(why + ".text",
			{ time: clockText(silentSince || heardTime, true) }));
	}
	if (heardAt && !isStale)
		setText($("clock"), clockText(heardTime, false));
	setText($("connection"), isStale ? t("stale.short") : t("head.connected"));
}

function becomeStale() {
	if (isStale)
		return;
	setStale(true);
	play("attention");
	for (const n of model.order)
		drawTile(n);
	drawConnection();
}

let listenedAt = 0;
export function listen() {
	if (source)
		source.close();
	listenedAt = performance.now();
	source = new EventSource("/events");
	source.onmessage = (e) => take(JSON.parse(e.data));
	source.onerror = async () => {
		/* A refusal is not tried again by itself: look why, then begin anew. */
		if (source.readyState !== EventSource.CLOSED)
			return;
		source.close();
		await askLogin();
		setTimeout(listen, 2000);
	};
}

whenIn(listen);
setInterval(() => {
	const now = performance.now();

	if (heardAt && now - heardAt > STALE_MS) {
		becomeStale();
		/* A network that went away leaves a connection that never says so. */
		if (mayRead && now - listenedAt > 2 * STALE_MS)
			listen();
	}
	if (heardAt)
		setText($("clock"), clockText(heardTime + (performance.now() - heardAt), false));
}, 500);
