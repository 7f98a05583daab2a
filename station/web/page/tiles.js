/* The tiles: one for each slot, laid out as the fixture. */
import { $, make, setText, shape } from "./dom.js";
import { faceOf, spokenFace } from "./face.js";
import { model } from "./model.js";
import { openSlot } from "./slot.js";

export const tiles = new Map(); /* number -> what was drawn for it */

function newTile(n) {
	const el = make("button"), inner = make("span", "in");
	const drawn = { el, face: "", number: make("span", "number", String(n)),
		word: make("span", "word"), lines: make("span", "lines"), fill: make("span", "fill"),
		use: null, kind: "" };
	const svg = shape("empty");

	drawn.use = svg.firstChild;
	el.type = "button";
	el.dataset.slot = String(n);
	inner.append(drawn.number, svg, drawn.word, drawn.lines);
	el.append(drawn.fill, inner);
	el.addEventListener("click", () => openSlot(n));
	return drawn;
}

function drawLines(el, face) {
	const pair = make("span", "pair");

	el.replaceChildren();
	for (const line of face.lines)
		if (line)
			el.append(make("span", "", line));
	if (face.remedy)
		el.append(make("span", "remedy", face.remedy));
	pair.append(make("span", "unit", face.pair[0]), make("span", "", face.pair[1]));
	if (face.pair[0] || face.pair[1])
		el.append(pair);
	/* Where there is room for one line alone. */
	const first = face.kind === "work" ? pair : el.firstChild;
	if (first)
		first.classList.add("first");
}

/* How wide a word is, in Latin letters: it has to fit into its tile. */
function lettersOf(word) {
	const letters = [...word].reduce((sum, c) => sum + (c.codePointAt(0) > 0x2e80 ? 1.45 : 1), 0);

	return Math.max(letters, 6);
}

export function drawTile(n) {
	const drawn = tiles.get(n);
	const face = faceOf(n), text = JSON.stringify(face);

	if (!drawn || drawn.face === text)
		return;
	drawn.face = text;
	drawn.el.className = face.classes.join(" ");
	drawn.use.setAttribute("href", "#i-" + face.shape);
	setText(drawn.word, face.word);
	drawn.word.style.setProperty("--letters", String(lettersOf(face.word)));
	drawLines(drawn.lines, face);
	drawn.fill.style.setProperty("--part", (face.part || 0) + "%");
	drawn.el.setAttribute("aria-label", spokenFace(n, face));
}

/* ---- layout: as the fixture, else as large as it goes ---- */

function columnsFor(count) {
	const room = $("tiles").getBoundingClientRect();
	let best = 1, bestSize = 0;

	for (let columns = 1; columns <= count; columns++) {
		const width = room.width / columns, height = room.height / Math.ceil(count / columns);
		const size = Math.min(width / 1.5, height); /* a tile likes 3 to 2 */

		if (size > bestSize) {
			best = columns;
			bestSize = size;
		}
	}
	return best;
}

export function drawLayout() {
	const numbers = model.order;
	const isSame = numbers.length === tiles.size && numbers.every((n) => tiles.has(n));
	const columns = model.head.columns || columnsFor(Math.max(numbers.length, 1));

	$("tiles").style.setProperty("--columns", String(columns));
	$("tiles").dataset.columns = String(columns);
	if (isSame)
		return;
	tiles.clear();
	$("tiles").replaceChildren();
	for (const n of numbers) {
		const drawn = newTile(n);

		tiles.set(n, drawn);
		$("tiles").append(drawn.el);
	}
}

/* Arrow keys go from tile to tile. */
$("tiles").addEventListener("keydown", (e) => {
	const all = [...$("tiles").children], at = all.indexOf(document.activeElement);
	const columns = Number($("tiles").dataset.columns) || 1;
	const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[e.key];

	if (at < 0 || !step || !all[at + step])
		return;
	all[at + step].focus();
	e.preventDefault();
});
