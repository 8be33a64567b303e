import tseslint from 'typescript-eslint';

export default tseslint.config(
    {
        ignores: [
            'build/**',
            '.cov/**',
            '.mut/**',
            '.localnet/**',
            'coverage/**',
            'out/**',
            'temp/**',
            'node_modules/**',
        ],
    },
    ...tseslint.configs.recommendedTypeChecked,
    {
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        linterOptions: { reportUnusedDisableDirectives: 'error' },
        rules: {
            // An un-awaited send is a test that checks nothing.
            '@typescript-eslint/no-floating-promises': 'error',
            '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
            '@typescript-eslint/restrict-template-expressions': [
                'error',
                { allowNumber: true, allowBoolean: true, allowNullish: true },
            ],
            // Interfaces of the sandbox and of Blueprint ask for promises where there is nothing to wait for.
            '@typescript-eslint/require-await': 'off',
            eqeqeq: ['error', 'always', { null: 'ignore' }],
            'no-constant-binary-expression': 'error',
        },
    },
    {
        files: ['tests/**/*.ts'],
        rules: {
            // Jest's asymmetric matchers (`expect.any`, `expect.objectContaining`) are typed `any`.
            '@typescript-eslint/no-unsafe-assignment': 'off',
            // A test may leave no single skipped or focused test behind; see also `no-restricted-properties`.
            'no-restricted-properties': [
                'error',
                { object: 'it', property: 'only', message: 'a focused test hides all others' },
                { object: 'describe', property: 'only', message: 'a focused suite hides all others' },
            ],
        },
    },
    {
        files: ['**/*.mjs', '**/*.cjs'],
        extends: [tseslint.configs.disableTypeChecked],
        languageOptions: { globals: { module: 'writable', process: 'readonly', require: 'readonly' } },
        rules: { '@typescript-eslint/no-require-imports': 'off' },
    },
);
