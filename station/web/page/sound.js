/* Sounds, once somebody has switched them on. */
import { $, setText } from "./dom.js";
import { remember, remembered, t } from "./text.js";

let audio = null, wantsSound = remembered("sound") === "on";

export function drawSound() {
	const isReady = wantsSound && audio && audio.state === "running";

	setText($("sound-word"), t(isReady ? "sound.on" : wantsSound ? "sound.tap" : "sound.off"));
	$("sound").setAttribute("aria-pressed", String(Boolean(isReady)));
}

/* A browser lets no page sound before somebody has touched it. */
async function startSound() {
	if (!wantsSound || !window.AudioContext)
		return;
	audio = audio || new AudioContext();
	try {
		await audio.resume();
	} catch (e) { /* at the next touch */ }
	drawSound();
}

/* [Hz, begins at s, lasts s] */
const TONES = {
	pass: [[784, 0, .09], [1175, .1, .16]],
	fail: [[196, 0, .22], [147, .25, .22], [196, .5, .22], [147, .75, .3]],
	attention: [[587, 0, .12], [587, .2, .12], [440, .4, .2]],
};
const LOUDEST = ["fail", "attention", "pass"];
let playedUntil = 0, waiting = "";

/* One sound at a time: of what comes meanwhile the worst is played afterwards. */
export function play(name) {
	if (!name || !wantsSound || !audio || audio.state !== "running")
		return;
	if (audio.currentTime < playedUntil) {
		if (!waiting)
			setTimeout(() => {
				const next = waiting;

				waiting = "";
				play(next);
			}, (playedUntil - audio.currentTime) * 1000 + 80);
		if (!waiting || LOUDEST.indexOf(name) < LOUDEST.indexOf(waiting))
			waiting = name;
		return;
	}
	for (const [hz, at, lasts] of TONES[name]) {
		const tone = audio.createOscillator(), volume = audio.createGain();
		const from = audio.currentTime + at;

		tone.type = name === "fail" ? "square" : "triangle";
		tone.frequency.value = hz;
		volume.gain.setValueAtTime(0, from);
		volume.gain.linearRampToValueAtTime(name === "fail" ? .18 : .35, from + .01);
		volume.gain.setValueAtTime(name === "fail" ? .18 : .35, from + lasts - .03);
		volume.gain.linearRampToValueAtTime(0, from + lasts);
		tone.connect(volume).connect(audio.destination);
		tone.start(from);
		tone.stop(from + lasts);
		playedUntil = Math.max(playedUntil, from + lasts);
	}
	document.documentElement.dataset.played = name;
}

$("sound").addEventListener("click", () => {
	wantsSound = !(wantsSound && audio && audio.state === "running");
	remember("sound", wantsSound ? "on" : "off");
	if (wantsSound)
		startSound().then(() => play("pass"));
	drawSound();
});
document.addEventListener("pointerdown", startSound);
