/* Bright or dark: as the computer has it, until somebody chooses. */
import { remember, remembered } from "./text.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

export function isDark() {
	return document.documentElement.dataset.theme === "dark";
}

function drawTheme() {
	document.documentElement.dataset.theme = remembered("theme") || (dark.matches ? "dark" : "light");
}

export function chooseTheme(name) {
	remember("theme", name);
	drawTheme();
}

dark.addEventListener("change", drawTheme);
drawTheme();
