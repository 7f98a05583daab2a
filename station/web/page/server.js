/* Asking the station. */
import { t } from "./text.js";

export async function get(path) {
	try {
		const answer = await fetch(path, { cache: "no-store", credentials: "same-origin" });

		return answer.ok ? await answer.json() : null;
	} catch (e) {
		return null;
	}
}

export async function post(path, body) {
	try {
		const answer = await fetch(path, { method: "POST", cache: "no-store",
			credentials: "same-origin", headers: { "Content-Type": "application/json" },
			body: JSON.stringify(body) });
		const object = await answer.json();

		return { status: answer.status, ...object };
	} catch (e) {
		return { status: 0, error: t("stale.short") };
	}
}
