#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# count_results.py LOG...: adds up meson's testlog.json files, names on standard
# error what failed or was skipped, and prints "PASSED FAILED SKIPPED".
import json
import sys

GOOD = {'OK', 'EXPECTEDFAIL'}


def main(paths):
    passed = failed = skipped = 0
    for path in paths:
        with open(path, encoding='utf-8') as log:
            for line in log:
                test = json.loads(line)
                if test['result'] in GOOD:
                    passed += 1
                elif test['result'] == 'SKIP':
                    skipped += 1
                    print('skipped: ' + test['name'], file=sys.stderr)
                else:
                    failed += 1
                    print('%s: %s' % (test['result'].lower(), test['name']), file=sys.stderr)
    print(passed, failed, skipped)


main(sys.argv[1:])
