/**
 * A two-contract project in a temporary directory: Parent deploys Child, so Parent's unit contains both contracts.
 * The directory lies inside the repository, where the generated wrappers find their packages.
 */
import * as fs from 'fs';
import * as path from 'path';
import { REPOSITORY_ROOT } from '../../tools/tact/project';

export const CHILD = `import "./limits";

contract Child(
    parent: Address,
    counter: Int as uint32,
) {
    receive(msg: Increase) {
        throwUnless(701, sender() == self.parent);
        if (msg.by > maximumIncrease) {
            throw(702);
        }
        self.counter = increased(self.counter, msg.by);
    }

    get fun counter(): Int {
        return self.counter;
    }
}
`;

export const LIMITS = `const maximumIncrease: Int = 10;

message(0x1001) Increase {
    by: Int as uint32;
}

inline fun increased(counter: Int, by: Int): Int {
    return counter + by;
}
`;

export const PARENT = `import "./child";

contract Parent(
    owner: Address,
) {
    receive(msg: Increase) {
        deploy(DeployParameters {
            init: initOf Child(myAddress(), 0),
            value: 0,
            mode: SendRemainingValue,
            body: msg.toCell(),
        });
    }

    get fun child(): Address {
        return contractAddress(initOf Child(myAddress(), 0));
    }
}
`;

export interface Fixture {
    root: string;
    write(file: string, content: string): void;
    read(file: string): string;
    exists(file: string): boolean;
    writeConfig(...names: string[]): void;
    /** Remembers all files; `restore` brings them back. */
    save(): void;
    restore(): void;
    remove(): void;
}

export function createFixture(): Fixture {
    const parent = path.join(REPOSITORY_ROOT, 'temp');
    fs.mkdirSync(parent, { recursive: true });
    const root = fs.mkdtempSync(path.join(parent, 'tact-fixture-'));
    const saved = `${root}-saved`;
    const fixture: Fixture = {
        root,
        write(file, content) {
            fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
            fs.writeFileSync(path.join(root, file), content);
        },
        read: (file) => fs.readFileSync(path.join(root, file), 'utf8'),
        exists: (file) => fs.existsSync(path.join(root, file)),
        writeConfig(...names) {
            const projects = names.map((name) => ({
                name,
                path: `./contracts/${name.toLowerCase()}.tact`,
                output: `./build/${name}`,
                mode: 'full',
                options: {},
            }));
            fixture.write('tact.config.json', JSON.stringify({ projects }));
        },
        save: () => fs.cpSync(root, saved, { recursive: true }),
        restore() {
            fs.rmSync(root, { recursive: true, force: true });
            fs.cpSync(saved, root, { recursive: true });
        },
        remove() {
            fs.rmSync(root, { recursive: true, force: true });
            fs.rmSync(saved, { recursive: true, force: true });
        },
    };
    fixture.write('contracts/limits.tact', LIMITS);
    fixture.write('contracts/child.tact', CHILD);
    fixture.write('contracts/parent.tact', PARENT);
    fixture.writeConfig('Parent', 'Child');
    return fixture;
}
