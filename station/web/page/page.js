/*
 * The page begins here: listens to /events, draws a tile for each slot, and asks the station for
 * things. docs/web.md.
 *
 * What comes from the station is data: it goes to the page as text, never as HTML. Nothing that is
 * old may look new: when the events stop, every tile says so.
 */
import { askLogin, logIn } from "./ask.js";
import { $ } from "./dom.js";
import { drawAll, listen } from "./events.js";
import "./line.js";
import "./scanner.js";
import "./search.js";
import { drawSound } from "./sound.js";
import { firstLanguage, remember, setLanguage, t } from "./text.js";
import "./theme.js";
import { drawLayout } from "./tiles.js";
import { drawTodoMore } from "./todo.js";

function chooseLanguage(name) {
	setLanguage(name);
	for (const el of document.querySelectorAll("[data-t]"))
		el.textContent = t(el.dataset.t);
	for (const el of document.querySelectorAll("[data-t-label]"))
		el.setAttribute("aria-label", t(el.dataset.tLabel));
	for (const el of document.querySelectorAll("[data-t-placeholder]"))
		el.placeholder = t(el.dataset.tPlaceholder);
	for (const el of document.querySelectorAll("[data-language]"))
		el.setAttribute("aria-pressed", String(el.dataset.language === name));
	drawSound();
	drawAll();
}

/* The token of this start may stand behind the #: it is used once, and taken out. */
async function begin() {
	const token = /^#token=([!-~]+)$/.exec(location.hash);

	if (token) {
		history.replaceState(null, "", location.pathname);
		await logIn(token[1]);
	}
	await askLogin();
	listen();
}

for (const button of document.querySelectorAll("[data-language]"))
	button.addEventListener("click", () => {
		remember("language", button.dataset.language);
		chooseLanguage(button.dataset.language);
	});
window.addEventListener("resize", () => {
	drawLayout();
	drawTodoMore();
});
$("report").addEventListener("click", () => { $("report").href = "/report"; });
chooseLanguage(firstLanguage());
begin();
