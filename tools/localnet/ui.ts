/**
 * The script's user interface in a terminal or in a pipe.
 *
 * Scripts may ask questions only where somebody can answer. Elsewhere (CI, pipes, tests) a question is an error that
 * says what was asked, so that the missing argument can be given instead of the run hanging.
 */
import * as readline from 'node:readline/promises';
import { Address } from '@ton/core';
import type { UIProvider } from '@ton/blueprint';
import { LocalnetError } from './errors';

export type UiOptions = {
    interactive?: boolean;
    write?: (line: string) => void;
    /** answers a question; replaced in tests */
    ask?: (question: string) => Promise<string>;
};

async function askTerminal(question: string): Promise<string> {
    const rl = readline.createInterface({ input: process.stdin, output: process.stderr });
    try {
        return await rl.question(question);
    } finally {
        rl.close();
    }
}

export class TerminalUI implements UIProvider {
    private readonly interactive: boolean;
    private readonly print: (line: string) => void;
    private readonly answer: (question: string) => Promise<string>;
    private action = '';

    constructor(options: UiOptions = {}) {
        this.interactive = options.interactive ?? process.stdin.isTTY === true;
        this.print = options.write ?? ((line) => process.stdout.write(`${line}\n`));
        this.answer = options.ask ?? askTerminal;
    }

    write(message: string): void {
        this.print(message);
    }

    async input(message: string): Promise<string> {
        if (!this.interactive) {
            throw new LocalnetError(
                `The script asks "${message}" and there is no terminal to answer. Give the value as an argument: ` +
                    'npm run local -- <script> <arguments>',
            );
        }
        return this.answer(`${message} `);
    }

    async prompt(message: string): Promise<boolean> {
        for (;;) {
            const answer = (await this.input(`${message} (y/n)`)).trim().toLowerCase();
            if (['y', 'yes'].includes(answer)) return true;
            if (['n', 'no', ''].includes(answer)) return false;
        }
    }

    async inputAddress(message: string, fallback?: Address): Promise<Address> {
        // with nobody to ask, the script's own default is the answer
        if (!this.interactive && fallback) return fallback;
        for (;;) {
            const text = (await this.input(fallback ? `${message} (default: ${fallback.toString()})` : message)).trim();
            if (text === '' && fallback) return fallback;
            try {
                return Address.parse(text);
            } catch {
                this.write(`${text} is not a valid address`);
            }
        }
    }

    async choose<T>(message: string, choices: T[], display: (v: T) => string): Promise<T> {
        if (choices.length === 0) throw new LocalnetError(`${message}: there is nothing to choose from`);
        const list = choices.map((c, i) => `  ${i + 1}. ${display(c)}`).join('\n');
        for (;;) {
            const n = Number(await this.input(`${message}\n${list}\nNumber:`));
            if (Number.isInteger(n) && n >= 1 && n <= choices.length) return choices[n - 1];
        }
    }

    setActionPrompt(message: string): void {
        // an action is repeated on every attempt of a wait: one line is enough
        const stage = message.replace(/\s*\[Attempt.*\]$/, '');
        if (stage && stage !== this.action) this.write(stage);
        this.action = stage;
    }

    clearActionPrompt(): void {
        this.action = '';
    }
}
