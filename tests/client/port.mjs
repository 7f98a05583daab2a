// A port as browsers show one (the Web Serial interface) on top of serialport's Linux binding:
// what esptool-js expects to be given. Only what it uses.

const READ_BYTES = 4096;

export class WebSerialPort {
	#binding;
	#path;
	#usb;
	#port = null;
	#lines = {};

	constructor(binding, path, usb) {
		this.#binding = binding;
		this.#path = path;
		const [vendor, product] = usb.split(":");
		this.#usb = {
			usbVendorId: parseInt(vendor, 16),
			usbProductId: parseInt(product, 16),
		};
		this.readable = null;
		this.writable = null;
	}

	getInfo() {
		return this.#usb;
	}

	async open({ baudRate }) {
		const port = await this.#binding.open({ path: this.#path, baudRate });
		this.#port = port;
		this.#lines = { dtr: true, rts: true }; // Linux raises both when a port is opened
		this.readable = new ReadableStream(
			{
				async pull(stream) {
					try {
						const buffer = Buffer.alloc(READ_BYTES);
						const { bytesRead } = await port.read(buffer, 0, READ_BYTES);
						stream.enqueue(new Uint8Array(buffer.subarray(0, bytesRead)));
					} catch (error) {
						// close() cancels the read that was waiting.
						if (!error.canceled) stream.error(error);
					}
				},
			},
			{ highWaterMark: 0 },
		);
		this.writable = new WritableStream({
			async write(bytes) {
				await port.write(Buffer.from(bytes));
			},
		});
	}

	async close() {
		const port = this.#port;
		this.#port = null;
		this.readable = null;
		this.writable = null;
		await port.close();
	}

	// Beyond Web Serial; esptool-js uses it where a port has it.
	async setBaudRate(baudRate) {
		await this.#port.update({ baudRate });
	}

	async setSignals(signals) {
		this.#lines.dtr = signals.dataTerminalReady ?? this.#lines.dtr;
		this.#lines.rts = signals.requestToSend ?? this.#lines.rts;
		await this.#port.set({ ...this.#lines, brk: signals.break ?? false });
	}
}
