/** A bar for work that takes long: redrawn on a terminal, ten lines at most anywhere else. */
export class Progress {
    private done = 0;
    private shown = -1;

    constructor(
        private readonly label: string,
        private readonly total: number,
        private readonly options: { write?: (line: string) => void; terminal?: NodeJS.WriteStream } = {},
    ) {}

    step(by = 1): void {
        this.done += by;
        if (this.total === 0) {
            return;
        }
        const tenths = Math.floor((this.done * 10) / this.total);
        const line = `${this.label} [${'#'.repeat(2 * tenths).padEnd(20, '.')}] ${this.done}/${this.total}`;
        const { terminal, write } = this.options;
        if (terminal?.isTTY) {
            terminal.write(`\r${line}${this.done >= this.total ? '\n' : ''}`);
        } else if (write !== undefined && this.total >= 20 && tenths !== this.shown) {
            write(line);
        }
        this.shown = tenths;
    }
}
