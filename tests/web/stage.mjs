// The stage of tests/web/stage.c: starts it, tells it what to show, hears what was asked of it.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class Stage {
	static async start(program, options = []) {
		const s = new Stage();

		s.heard = [];
		s.process = spawn(program, options, { stdio: ["pipe", "pipe", "inherit"] });
		const lines = createInterface({ input: s.process.stdout });
		const first = new Promise((resolve, reject) => {
			lines.once("line", resolve);
			s.process.once("exit", (code) => reject(new Error("the stage ended with " + code)));
		});

		s.address = await first;
		s.url = s.address.replace(/#.*/, "");
		s.token = s.address.replace(/.*#token=/, "");
		lines.on("line", (line) => s.heard.push(line));
		return s;
	}

	tell(order) {
		this.process.stdin.write(order + "\n");
	}

	async stop() {
		const ended = new Promise((resolve) => this.process.once("exit", resolve));

		this.process.stdin.end();
		if (this.process.exitCode === null && this.process.signalCode === null)
			await ended;
	}
}
