/* A scanner that types. */
import { request, tellAnswer } from "./ask.js";
import { t } from "./text.js";

const SCAN_GAP_MS = 60; /* between two keys: nobody types so fast, every scanner does */
const SCAN_KEYS = 4;
const SAME_SCAN_MS = 2000;
const NO_SCAN = ["search-for"]; /* fields that want what is scanned for themselves */

const scan = { keys: "", at: 0, field: null, was: "", last: "", lastAt: -SAME_SCAN_MS };

function scanned(code) {
	const now = performance.now();

	if (code === scan.last && now - scan.lastAt < SAME_SCAN_MS)
		return;
	scan.last = code;
	scan.lastAt = now;
	tellAnswer(t("scan.read", { code }));
	request({ request: "scan", text: code });
}

/* Wherever the keys went, a scan goes to the line, but for the field that looks for units. */
document.addEventListener("keydown", (e) => {
	const now = performance.now(), field = e.target;
	const isText = field instanceof HTMLInputElement;

	if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing)
		return;
	if (now - scan.at > SCAN_GAP_MS || scan.field !== (isText ? field : null)) {
		scan.keys = "";
		scan.field = isText ? field : null;
		scan.was = isText ? field.value : "";
	}
	scan.at = now;
	if (e.key === "Enter" && scan.keys.length >= SCAN_KEYS) {
		const code = scan.keys;

		scan.keys = "";
		if (NO_SCAN.includes(field.id) || field.type === "password")
			return;
		e.preventDefault();
		e.stopPropagation();
		if (isText)
			field.value = scan.was;
		scanned(code);
	} else if (e.key.length === 1) {
		scan.keys += e.key;
		if (!isText && e.key === " " && scan.keys.length > 1)
			e.preventDefault(); /* it would press the button that has the focus */
	} else if (e.key !== "Shift") {
		scan.keys = "";
	}
}, true);
