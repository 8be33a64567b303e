/** Errors of the embedded chain that callers are expected to tell apart. */

/** Base class: every message is meant to be shown to a person as it is. */
export class LocalnetError extends Error {
    constructor(message: string) {
        super(message);
        this.name = new.target.name;
    }
}

/** Another live process keeps the folder open for writing. */
export class FolderInUseError extends LocalnetError {
    constructor(
        readonly dir: string,
        readonly pid: number,
    ) {
        super(
            `The chain folder "${dir}" is in use by process ${pid}. Stop that process, choose another folder, ` +
                `or talk to it over HTTP if it is "npm run localnet".`,
        );
    }
}

/** The folder holds bytes that no crash of ours can have left behind. */
export class CorruptChainError extends LocalnetError {}

/** The destination refused an external message (it never accepted it, so nothing was changed). */
export class MessageRejectedError extends LocalnetError {
    constructor(
        readonly reason: string,
        readonly exitCode?: number,
        readonly vmLogs?: string,
    ) {
        super(
            `External message was not accepted: ${reason}${exitCode === undefined ? '' : ` (exit code ${exitCode})`}`,
        );
    }
}
