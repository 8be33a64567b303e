/** What a token's books must be, in plain arithmetic and without looking at the contracts. */
import { TokenPerson } from './token-unit';

export class TokenModel {
    minted = 0n;
    burned = 0n;
    readonly balances = new Map<TokenPerson, bigint>();
    readonly minters = new Set<TokenPerson>();

    constructor(
        readonly cap: bigint,
        minters: readonly TokenPerson[],
    ) {
        minters.forEach((minter) => this.minters.add(minter));
    }

    balance(who: TokenPerson): bigint {
        return this.balances.get(who) ?? 0n;
    }

    private add(who: TokenPerson, amount: bigint): void {
        this.balances.set(who, this.balance(who) + amount);
    }

    /** Every operation says whether it is accepted; `arrives` = false: the last hop fails. */
    mint(by: TokenPerson, to: TokenPerson, amount: bigint, arrives: boolean): boolean {
        if (!this.minters.has(by) || this.minted + amount > this.cap) return false;
        if (arrives) {
            this.minted += amount;
            this.add(to, amount);
        }
        return true;
    }

    transfer(from: TokenPerson, to: TokenPerson, amount: bigint, arrives: boolean): boolean {
        if (this.balance(from) < amount) return false;
        if (arrives) {
            this.add(from, -amount);
            this.add(to, amount);
        }
        return true;
    }

    burn(from: TokenPerson, amount: bigint, arrives: boolean): boolean {
        if (this.balance(from) < amount) return false;
        if (arrives) {
            this.add(from, -amount);
            this.burned += amount;
        }
        return true;
    }
}
