/* Asking people, the token too, and telling them what came of it. */
import { $, make, setText } from "./dom.js";
import { model } from "./model.js";
import { get, post } from "./server.js";
import { has, saidText, t } from "./text.js";

export let isIn = false, mayRead = true;
let afterwards = () => {};

/* What is done once this browser was let in. */
export function whenIn(run) {
	afterwards = run;
}

/* The answer to what was asked for here, and news from elsewhere: each has its line, because news may
 * come before the answer, and neither hides the other. */
const lineTimers = new Map();
function tellIn(id, text, isBad) {
	const el = $("toast"), line = $(id);

	/* Above an open dialog too, where the browser can do that. */
	if (el.showPopover) {
		el.hidePopover();
		el.showPopover();
	}
	setText(line, text);
	line.className = "shown" + (isBad ? " bad" : "");
	clearTimeout(lineTimers.get(id));
	lineTimers.set(id, setTimeout(() => { line.className = ""; }, isBad ? 8000 : 5000));
}

export function tellAnswer(text, isBad) {
	tellIn("toast-answer", text, isBad);
}

export function tellNews(text, isBad) {
	tellIn("toast-news", text, isBad);
}

export async function askLogin() {
	const state = await get("/api/login");

	if (!state)
		return;
	isIn = state.in;
	mayRead = state.may_read;
	if (!mayRead && !$("ask").open)
		await askToken();
}

/* With the token of the address: nobody is asked. */
export async function logIn(token) {
	isIn = (await post("/api/login", { token })).status === 200;
}

export async function logOut() {
	await post("/api/logout", {});
	isIn = false;
}

/* true: this browser may change things now. */
export async function askToken() {
	const values = await ask(t("token.title"), t(mayRead ? "token.text" : "token.read"), [
		{ name: "token", label: t("token.field"), type: "password", isNeeded: true },
	], t("token.go"), async (typed) => {
		const answer = await post("/api/login", { token: typed.token.trim() });

		return answer.status === 200 ? "" : answer.status === 403 ? t("token.wrong") : answer.error;
	});

	if (values) {
		isIn = mayRead = true;
		afterwards();
	}
	return Boolean(values);
}

function answerText(answer) {
	const text = saidText({ ...answer, text: answer.answer || answer.error });

	if (answer.status === 200 || answer.status === 0)
		return text;
	/* Too many, or not in time: nobody has refused it. */
	if (has("error." + answer.status))
		return t("error." + answer.status);
	return t("answer.refused", { why: text });
}

/* Ask the line for something; the answer is shown. true: it was done. */
export async function request(body) {
	if (!isIn && !await askToken())
		return false;
	let answer = await post("/api/request", body);

	if (answer.status === 401) {
		isIn = false;
		if (!await askToken())
			return false;
		answer = await post("/api/request", body);
	}
	tellAnswer(answerText(answer), answer.status !== 200);
	return answer.status === 200;
}

/* fields: name, label, value, type, isNeeded. check(values) says what is wrong, "" nothing. */
export function ask(title, text, fields, go, check) {
	const inputs = new Map();
	const dialog = $("ask"), form = $("ask-form");

	setText($("ask-title"), title);
	setText($("ask-text"), text);
	setText($("ask-error"), "");
	setText($("ask-ok"), go);
	$("ask-fields").replaceChildren(...fields.map((field) => {
		const label = make("label", "", field.label), input = make("input");

		input.type = field.type || "text";
		input.name = field.name;
		input.value = field.value || "";
		input.maxLength = 240;
		input.required = Boolean(field.isNeeded);
		input.autocomplete = "off";
		inputs.set(field.name, input);
		label.append(input);
		return label;
	}));
	return new Promise((resolve) => {
		let result = null;

		form.onsubmit = async (e) => {
			const values = {};

			e.preventDefault();
			for (const [name, input] of inputs)
				values[name] = input.value;
			const wrong = check ? await check(values) : "";

			if (wrong) {
				setText($("ask-error"), wrong);
				return;
			}
			result = values;
			dialog.close();
		};
		dialog.onclose = () => {
			for (const input of inputs.values())
				input.value = "";
			resolve(result);
		};
		dialog.showModal();
	});
}

for (const button of document.querySelectorAll("[data-close]"))
	button.addEventListener("click", () => button.closest("dialog").close());

export const personField = () => ({ name: "operator", label: t("ask.operator"), isNeeded: true,
	value: model.head.operator || "" });
export const reasonField = () => ({ name: "text", label: t("ask.reason"), isNeeded: true });

/* What is asked for with a name and a reason. */
export async function askAndRequest(kind, slot, title, fields, more) {
	if (!isIn && !await askToken())
		return;
	const values = await ask(title, t("ask.recorded"), fields, t("ask.go"));

	if (values)
		await request({ request: kind, ...(slot ? { slot } : {}), ...values, ...more });
}

export function askBatch() {
	return askAndRequest("batch", 0, t("action.batch"),
		[{ name: "text", label: t("head.batch"), value: model.head.batch || "" }]);
}

export function askUnlock(lock) {
	const name = has("lock." + lock.code + ".name") ? t("lock." + lock.code + ".name") : lock.code;

	return askAndRequest("unlock", lock.slot, t("action.unlock") + ": " + name,
		[personField(), reasonField()], { code: lock.code });
}
