/**
 * What an instruction is for. The classes follow what a contract cannot do without: cells, messages and the arithmetic of
 * its specification cannot be saved by writing it differently, stack moves and jumps can.
 *
 * The rules lean to one side: what might be the work of the compiler is not counted as unavoidable. Shifts and masks may
 * be specified (marks of paid rounds) or just unpack two fields of one integer, so they are `fields`; a comparison is
 * arithmetic only if its result is checked or used, not if it merely selects a branch.
 */
import type { Instruction } from './floor-log';

export const CLASSES = {
    made: 'cells made and hashed',
    loaded: 'cells loaded',
    messages: 'messages and reserves',
    arithmetic: 'arithmetic and checked comparisons',
    context: 'fees, time, balance',
    fields: 'fields read, written, packed',
    control: 'control flow and calls',
    stack: 'stack moves and tuples',
    rest: 'constants and the rest',
} as const;

export type GasClass = keyof typeof CLASSES;
export const CLASS_NAMES = Object.keys(CLASSES) as GasClass[];
export type ClassGas = Record<GasClass, number>;

/** Gas of a cell loaded for the first time in a transaction, loaded again, made. */
export const LOAD = 100;
export const RELOAD = 25;
export const CREATE = 500;
/** Gas of NEWC, and of CTOS and ENDC without the cell: what stands around a load or a new cell. */
export const AROUND = 18;

const COMPARISON =
    /^Q?(EQUAL|EQINT|NEQ|NEQINT|LESS|LESSINT|LEQ|GREATER|GTINT|GEQ|CMP|SGN|ISZERO|ISPOS|ISNEG|ISNNEG|ISNPOS|ISNAN)$/;
const TEST = /^(ISNULL|ISTUPLE|SDEQ|SEMPTY|SDEMPTY|SREMPTY|SDPFX|SDPPFX|SDCNTLEAD0|SDLEXCMP|DICTEMPTY)$/;
const BRANCH = /^(IF(NOT)?(JMP|RET|REF|JMPREF|RETALT)?|IFELSE|IFREFELSE|IFELSEREF|IFREFELSEREF|CONDSEL)$/;

const CONTROL =
    /^(implicit (RET|JMPREF|JMP)|SETCP|CALL.*|JMP.*|EXECUTE|RET.*|PUSHCONT|PUSHREFCONT|BLESS.*|SETCONT.*|COMPOS.*|BOOL(AND|OR|EVAL)|THROW.*|TRY.*|REPEAT.*|AGAIN.*|UNTIL.*|WHILE.*|IF.*|DICTPUSHCONST|DICT[IU]GET(JMP|EXEC)Z?|SAVE.*|SAMEALT.*|RUNVM.*|PREPARE.*|CONDSEL(CHK)?)$/;
const MESSAGES = /^(SENDRAWMSG|SENDMSG|RAWRESERVEX?)$/;
const CONTEXT =
    /^(NOW|BLOCKLT|LTIME|RANDSEED|RANDU256|RAND|SETRAND|ADDRAND|BALANCE|MYADDR|MYCODE|CONFIG.*|GETPARAM.*|GET[A-Z]*FEE[A-Z]*|GET(GASPRICE|PRECOMPILEDGAS)|INCOMINGVALUE|INMSG.*|STORAGEFEES|DUEPAYMENT|UNPACKEDCONFIG.*|PREV.*BLOCK.*|PREVMCBLOCKS.*|GLOBALID|GASCONSUMED)$/;
const HASH = /^(HASHC?U|HASHSU|HASHEXT.*|HASHB|CHASHI?X?|CDEPTH.*|SHA256U)$/;
const BUILT = /^(STBREFR?Q?|ENDCST)$/;
const ARITHMETIC =
    /^Q?(ADD.*|SUB(R|INT|CONST)?|MUL.*|DIV.*|MOD[RC]?|INC|DEC|NEGATE|ABS|MIN|MAX|MINMAX|LSHIFT.*(DIV|MOD).*)$/;
const BITS = /^Q?(AND|OR|XOR|NOT|LSHIFT(#|R)?|RSHIFT.*|SHR.*|MODPOW2.*|POW2|UBITSIZE|BITSIZE|FITS.*|UFITS.*)$/;
const FIELDS =
    /^(P?LD[A-Z]+.*|ST(?!ORAGEFEES)[A-Z]+.*|SD(?!EQ|EMPTY|PFX|PPFX|CNTLEAD0|LEXCMP)[A-Z]+.*|SS[A-Z]+.*|SPLITQ?|ENDS|SBITS|SREFS|SBITREFS|SCUT[A-Z]*|SUBSLICE|SKIP.*|BBITS|BREFS|BBITREFS|BREM.*|BCHK.*|PARSEMSGADDR.*|REWRITE.*|SCHKBITS.*|SCHKREFS.*|BTOS|XLOAD.*|DICT.*|PFX.*)$/;
const STACK =
    /^(NOP|XCHG[0-9X]*|SWAP2?|2SWAP|PUSH[23LX]?|POP|DUP2?|2DUP|OVER2?|2OVER|DROP2?|2DROP|NIP|TUCK|ROT|ROTREV|-ROT|ROT2|2ROT|PICK|PUXC[2-9]?|XCPU2?|XC2PU|XCPUXC|PUXCPU|PU2XC|PUXC2|PUSH[0-9]|REVX?|REVERSE|ROLL.*|-ROLL.*|BLK.*|DROPX|XCHGX|DEPTH|CHKDEPTH|ONLYTOPX|ONLYX|NULL(SWAP|ROTR).*|[GS]ETGLOB(VAR)?|TUPLE.*|UNTUPLE.*|UNPACK.*|EXPLODE.*|INDEX.*|SETINDEX.*|TLEN|TPUSH|TPOP|LAST)$/;
const REST =
    /^(PUSHINT|PUSHNULL|NULL|PUSHPOW2|PUSHPOW2DEC|PUSHNEGPOW2|PUSHNAN|PUSHREF|PUSHREFSLICE|PUSHSLICE|ACCEPT|SETGASLIMIT|COMMIT|SETCODE|CHKSIGN?[US]?|DUMP.*|DEBUG.*|STRDUMP)$/;

export interface Profile {
    /** Gas by class; the sum is the gas of the transaction. */
    classes: ClassGas;
    /** Cells made with ENDC, and by dictionary instructions. */
    ended: number;
    updated: number;
    /** First loads with CTOS and by dictionary instructions, and loads of cells loaded before. */
    opened: number;
    visited: number;
    reloaded: number;
    /** Gas of hashes alone: part of class `made`. */
    hashing: number;
    sent: number;
    reserved: number;
    /** Instructions no rule knows; their gas is in `rest`. */
    unknown: string[];
}

export function profile(instructions: Instruction[]): Profile {
    const classes = Object.fromEntries(CLASS_NAMES.map((name) => [name, 0])) as ClassGas;
    const p: Profile = {
        classes,
        ended: 0,
        updated: 0,
        opened: 0,
        visited: 0,
        reloaded: 0,
        hashing: 0,
        sent: 0,
        reserved: 0,
        unknown: [],
    };
    instructions.forEach(({ name, gas }, index) => {
        if (/^(NEWC|ENDC|ENDXC)$/.test(name)) {
            classes.made += gas;
            if (name !== 'NEWC') p.ended++;
        } else if (BUILT.test(name)) {
            // A cell made of a builder and stored at once: ENDC and STREF in one.
            classes.made += CREATE;
            classes.fields += gas - CREATE;
            p.ended++;
        } else if (HASH.test(name)) {
            classes.made += gas;
            p.hashing += gas;
        } else if (/^(X?CTOS|X?LDREFRTOS|PLDREFRTOS)$/.test(name)) {
            const first = gas >= LOAD;
            const load = name === 'CTOS' ? gas : first ? LOAD : RELOAD;
            classes.loaded += load;
            classes.fields += gas - load;
            if (first) p.opened++;
            else p.reloaded++;
        } else if (/^[CS]DATASIZEQ?$/.test(name)) {
            // Counts the cells of a tree: loads them all.
            const visited = Math.floor(gas / LOAD);
            classes.loaded += visited * LOAD;
            classes.fields += gas - visited * LOAD;
            p.visited += visited;
        } else if (name.startsWith('DICT') && !CONTROL.test(name)) {
            dictionary(p, name, gas);
        } else if (MESSAGES.test(name)) {
            classes.messages += gas;
            if (name.startsWith('SEND')) p.sent++;
            else p.reserved++;
        } else {
            const group = simpleClass(name, instructions.slice(index + 1, index + 6));
            if (group === undefined) p.unknown.push(name);
            classes[group ?? 'rest'] += gas;
        }
    });
    return p;
}

/** An instruction of 26 to 34 gas, the loads of the nodes it visits and, if it changes the dictionary, new nodes. */
function dictionary(p: Profile, name: string, gas: number): void {
    const changes = /SET|ADD|REPLACE|DEL|REM/.test(name);
    const made = changes ? Math.floor(gas / CREATE) : 0;
    let left = gas - made * CREATE;
    const visited = Math.floor(left / LOAD);
    left -= visited * LOAD;
    // The instruction itself needs at least 10 and its 16 bits.
    const reloaded = Math.floor(Math.max(0, left - 26) / RELOAD);
    left -= reloaded * RELOAD;
    p.updated += made;
    p.visited += visited;
    p.reloaded += reloaded;
    p.classes.made += made * CREATE;
    p.classes.loaded += visited * LOAD + reloaded * RELOAD;
    p.classes.fields += left;
}

function simpleClass(name: string, next: Instruction[]): GasClass | undefined {
    if (COMPARISON.test(name) || TEST.test(name) || name === 'NOT') {
        // Continuations are pushed between a comparison and its branch, and the comparison may be turned round.
        const consumer = next.find((i) => i.name !== 'PUSHCONT' && i.name !== 'NOT');
        if (consumer && BRANCH.test(consumer.name)) return 'control';
        return COMPARISON.test(name) || name === 'SDEQ' ? 'arithmetic' : 'fields';
    }
    if (CONTROL.test(name)) return 'control';
    if (CONTEXT.test(name)) return 'context';
    if (REST.test(name)) return 'rest';
    if (STACK.test(name)) return 'stack';
    if (ARITHMETIC.test(name)) return 'arithmetic';
    if (BITS.test(name)) return 'fields';
    if (FIELDS.test(name)) return 'fields';
    return undefined;
}
