/* Words in the language that was chosen, and times in its manner. */
import { WORDS } from "./words.js";

export let language = "en";

export function has(key) {
	return Object.hasOwn(WORDS.en, key);
}

export function t(key, values) {
	const words = WORDS[language];
	let text = Object.hasOwn(words, key) ? words[key] : has(key) ? WORDS.en[key] : key;

	for (const [name, value] of Object.entries(values || {}))
		text = text.replaceAll("{" + name + "}", String(value));
	return text;
}

export function reasonOf(code) {
	return has("reason." + code) ? t("reason." + code) : code;
}

export function sentenceOf(code) {
	return has("status." + code) ? t("status." + code) : "";
}

export function remember(name, value) {
	try {
		localStorage.setItem("flashline." + name, value);
	} catch (e) { /* a browser without a memory forgets */ }
}

export function remembered(name) {
	try {
		return localStorage.getItem("flashline." + name);
	} catch (e) {
		return null;
	}
}

/* Whoever changes it draws everything anew: page.js. */
export function setLanguage(name) {
	language = name;
	document.documentElement.lang = name === "zh" ? "zh-Hans" : name;
}

export function firstLanguage() {
	const wanted = [remembered("language"), ...(navigator.languages || [])];

	for (const name of wanted) {
		const short = (name || "").slice(0, 2);

		if (Object.hasOwn(WORDS, short))
			return short;
	}
	return "en";
}

export function clockText(utcMs, withSeconds) {
	const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

	if (withSeconds)
		options.second = "2-digit";
	return new Date(utcMs).toLocaleTimeString(document.documentElement.lang, options);
}

export function secondsText(s) {
	return s < 100 ? t("unit.seconds", { n: s })
		: t("unit.minutes", { n: Math.floor(s / 60), s: String(s % 60).padStart(2, "0") });
}
