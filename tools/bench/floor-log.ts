/**
 * The instruction log of one transaction (`vm_logs_gas` of the sandbox and anything more talkative), as a list of
 * executed instructions with what each has cost:
 *
 *     execute SWAP
 *     gas remaining: 999714
 *     execute implicit JMPREF
 *     gas remaining: 999604
 *
 * Stacks, code hashes and remarks between these lines are skipped. A remark that changes the limit moves what remains
 * without being a cost. The log of a transaction is cut at its beginning when it exceeds a megabyte, and the sandbox may
 * change the format any day: whoever calls names the gas the transaction used, and the sum has to match it.
 */
export interface Instruction {
    /** Mnemonic without operands; `implicit RET` and `implicit JMPREF` keep both words. */
    name: string;
    gas: number;
}

const EXECUTE = /^execute (implicit \S+|\S+)/;
const REMAINING = /^gas remaining: (-?\d+)$/;
const LIMIT = /^changing gas limit to (\d+)$/;

export function parseLog(log: string, gasLimit: number, gasUsed: number): Instruction[] {
    const instructions: Instruction[] = [];
    let limit = gasLimit;
    let remaining = gasLimit;
    let current: Instruction | undefined;
    for (const raw of log.split('\n')) {
        const line = raw.trimEnd();
        const executed = EXECUTE.exec(line);
        if (executed) {
            current = { name: executed[1], gas: 0 };
            instructions.push(current);
            continue;
        }
        const changed = LIMIT.exec(line);
        if (changed) {
            remaining += Number(changed[1]) - limit;
            limit = Number(changed[1]);
            continue;
        }
        const left = REMAINING.exec(line);
        if (!left) continue;
        if (!current) throw new Error('the log names gas before the first instruction: its beginning is missing');
        // What an exception costs comes after its instruction and belongs to it.
        current.gas += remaining - Number(left[1]);
        remaining = Number(left[1]);
    }
    const sum = instructions.reduce((n, i) => n + i.gas, 0);
    if (sum !== gasUsed) throw new Error(`the instructions of the log cost ${sum} gas, the transaction ${gasUsed}`);
    const free = instructions.find((i) => i.gas <= 0);
    if (free) throw new Error(`the log has ${free.name} at ${free.gas} gas`);
    return instructions;
}
