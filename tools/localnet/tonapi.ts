/** The transaction list of TON API v2: what a tracker built on @ton-api/client reads. */
import {
    Address,
    beginCell,
    Cell,
    ExternalAddress,
    loadTransaction,
    Message,
    storeMessage,
    storeStateInit,
    Transaction,
    TransactionDescription,
} from '@ton/core';
import { LocalChain } from './engine';
import { ApiError, Params } from './toncenter/params';
import { SHARD } from './toncenter/encode';
import { StoredTx } from './txlog';

const PATH = /^\/v2\/blockchain\/accounts\/([^/]+)\/transactions$/;
const MAX_PAGE = 1_000;
const BAD_REQUEST = 400;

const STATUS = { uninitialized: 'uninit', 'non-existing': 'nonexist', active: 'active', frozen: 'frozen' } as const;
const STATUS_CHANGE = { unchanged: 'acst_unchanged', frozen: 'acst_frozen', deleted: 'acst_deleted' } as const;
const SKIP_REASON = { 'no-state': 'cskip_no_state', 'bad-state': 'cskip_bad_state', 'no-gas': 'cskip_no_gas' } as const;
const BOUNCE = {
    'negative-funds': 'TrPhaseBounceNegfunds',
    'no-funds': 'TrPhaseBounceNofunds',
    ok: 'TrPhaseBounceOk',
} as const;
const MESSAGE_TYPE = { internal: 'int_msg', 'external-in': 'ext_in_msg', 'external-out': 'ext_out_msg' } as const;

/** JSON with integers of any size: TON API sends amounts and logical times as numbers, not as strings. */
export function stringifyBig(value: unknown): string {
    const mark = '\u0001big:';
    return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${mark}${v}` : v)).replace(
        /"\\u0001big:(-?\d+)"/g,
        '$1',
    );
}

function account(a: Address | ExternalAddress | null | undefined) {
    return Address.isAddress(a) ? { address: a.toRawString(), is_scam: false, is_wallet: false } : undefined;
}

function encodeMessage(m: Message) {
    const i = m.info;
    const internal = i.type === 'internal' ? i : undefined;
    const op = m.body.bits.length >= 32 ? m.body.beginParse().loadUint(32) : undefined;
    return {
        msg_type: MESSAGE_TYPE[i.type],
        created_lt: i.type === 'external-in' ? 0n : i.createdLt,
        ihr_disabled: internal?.ihrDisabled ?? false,
        bounce: internal?.bounce ?? false,
        bounced: internal?.bounced ?? false,
        value: internal?.value.coins ?? 0n,
        fwd_fee: internal?.forwardFee ?? 0n,
        ihr_fee: internal?.ihrFee ?? 0n,
        import_fee: i.type === 'external-in' ? i.importFee : 0n,
        created_at: i.type === 'external-in' ? 0 : i.createdAt,
        hash: beginCell().store(storeMessage(m)).endCell().hash().toString('hex'),
        source: account(i.src),
        destination: account(i.dest),
        op_code: op === undefined ? undefined : `0x${op.toString(16).padStart(8, '0')}`,
        init: m.init
            ? { boc: beginCell().store(storeStateInit(m.init)).endCell().toBoc().toString('hex'), interfaces: [] }
            : undefined,
        raw_body: m.body.toBoc().toString('hex'),
    };
}

function phases(d: TransactionDescription) {
    if (d.type !== 'generic') return {};
    const c = d.computePhase;
    const a = d.actionPhase;
    return {
        compute_phase:
            c.type === 'vm'
                ? {
                      skipped: false,
                      success: c.success,
                      gas_fees: c.gasFees,
                      gas_used: c.gasUsed,
                      vm_steps: c.vmSteps,
                      exit_code: c.exitCode,
                  }
                : { skipped: true, skip_reason: SKIP_REASON[c.reason] },
        storage_phase: d.storagePhase
            ? {
                  fees_collected: d.storagePhase.storageFeesCollected,
                  fees_due: d.storagePhase.storageFeesDue ?? undefined,
                  status_change: STATUS_CHANGE[d.storagePhase.statusChange],
              }
            : undefined,
        credit_phase: d.creditPhase
            ? { fees_collected: d.creditPhase.dueFeesColelcted ?? 0n, credit: d.creditPhase.credit.coins }
            : undefined,
        action_phase: a
            ? {
                  success: a.success,
                  result_code: a.resultCode,
                  total_actions: a.totalActions,
                  skipped_actions: a.skippedActions,
                  fwd_fees: a.totalFwdFees ?? 0n,
                  total_fees: a.totalActionFees ?? 0n,
              }
            : undefined,
        bounce_phase: d.bouncePhase ? BOUNCE[d.bouncePhase.type] : undefined,
    };
}

/** A transaction counts as successful if both phases that ran did. */
function isSuccess(d: TransactionDescription): boolean {
    if (d.type !== 'generic') return true;
    const computed = d.computePhase.type === 'skipped' || d.computePhase.success;
    return computed && (d.actionPhase?.success ?? true) && !(d.aborted && d.computePhase.type === 'vm');
}

function encodeTransaction(stored: StoredTx) {
    const t: Transaction = loadTransaction(Cell.fromBoc(stored.boc)[0].beginParse());
    const d = t.description;
    const flags = d as { aborted?: boolean; destroyed?: boolean };
    const prevHash = t.prevTransactionHash.toString(16).padStart(64, '0');
    return {
        hash: stored.hash.toString('hex'),
        lt: t.lt,
        account: account(Address.parseRaw(stored.account)),
        success: isSuccess(d),
        utime: t.now,
        orig_status: STATUS[t.oldStatus],
        end_status: STATUS[t.endStatus],
        total_fees: t.totalFees.coins,
        end_balance: stored.endBalance,
        transaction_type: d.type === 'tick-tock' ? 'TransTickTock' : 'TransOrd',
        state_update_old: t.stateUpdate.oldHash.toString('hex'),
        state_update_new: t.stateUpdate.newHash.toString('hex'),
        in_msg: t.inMessage ? encodeMessage(t.inMessage) : undefined,
        out_msgs: t.outMessages.values().map(encodeMessage),
        block: `(${stored.account.split(':')[0]},${BigInt.asUintN(64, BigInt(SHARD)).toString(16)},${stored.seqno})`,
        prev_trans_hash: prevHash,
        prev_trans_lt: t.prevTransactionLt,
        ...phases(d),
        aborted: flags.aborted ?? false,
        destroyed: flags.destroyed ?? false,
        raw: stored.boc.toString('hex'),
    };
}

function list(chain: LocalChain, p: Params) {
    const limit = p.int('limit', { min: 1, max: MAX_PAGE, fallback: 100 });
    const after = p.bigint('after_lt', 0n);
    const before = p.has('before_lt') ? p.bigint('before_lt') : undefined;
    const order = p.has('sort_order') ? p.string('sort_order') : 'desc';
    if (order !== 'asc' && order !== 'desc') throw new ApiError(BAD_REQUEST, 'sort_order must be asc or desc');
    const found: StoredTx[] = [];
    for (const tx of chain.history(p.address('account'))) {
        if (before !== undefined && tx.lt >= before) continue;
        if (tx.lt <= after) break;
        found.push(tx);
        if (order === 'desc' && found.length === limit) break;
        // the log is linked backwards: ascending pages keep the oldest entries seen so far
        if (order === 'asc' && found.length > limit) found.shift();
    }
    if (order === 'asc') found.reverse();
    return { transactions: found.map(encodeTransaction) };
}

/** The reply to a GET request, undefined if the path is not one of TON API's. */
export function tonapi(chain: LocalChain, url: URL): unknown {
    const match = PATH.exec(url.pathname);
    if (!match) return undefined;
    let address: string;
    try {
        address = decodeURIComponent(match[1]);
    } catch {
        throw new ApiError(BAD_REQUEST, 'Malformed address in the path');
    }
    return list(chain, new Params({ ...Object.fromEntries(url.searchParams), account: address }));
}
