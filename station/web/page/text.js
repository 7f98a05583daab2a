/* Words in the language that was chosen, and times in its manner. */
import { WORDS } from "./words.js";

export let language = "en";

export function has(key) {
	return Object.hasOwn(WORDS.en, key);
}

export function t(key, values) {
	const words = WORDS[language];
	const text = Object.hasOwn(words, key) ? words[key] : has(key) ? WORDS.en[key] : key;

	return !values ? text : text.replace(/\{(\w+)\}/g, (blank, name) =>
		Object.hasOwn(values, name) ? String(values[name]) : blank);
}

/* What the line says: by its code, else as it came. */
export function saidText(said) {
	const values = { ...said.values }, lock = "lock." + values.code + ".name";

	if (!said.code || !has("said." + said.code))
		return said.text;
	if (has(lock))
		values.code = t(lock);
	if (values.outcome)
		values.outcome = t("outcome." + values.outcome);
	if (values.reason)
		values.reason = reasonOf(values.reason);
	return t("said." + said.code, values);
}

/* With the slot, where the sentence does not name it. */
export function noticeText(notice) {
	/* Of a text that nobody has words for, who asked stands in front in English. */
	const before = notice.from ? notice.from + ": " + (notice.refused ? "refused: " : "") : "";
	const text = saidText({ ...notice, text: notice.text.slice(before.length) });
	const place = notice.slot && !(notice.values || {}).slot ? t("head.slot", { n: notice.slot }) + ": " : "";

	return place + (notice.refused ? t("answer.refused", { why: text }) : text);
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
