//! Which module syntax Node.js takes: what Lambda switches off until a function asks for it.

use super::InterpreterVersion;
use crate::model::Environment;

/// The first version of Lambda's runtimes in which nothing is switched off.
const UNRESTRICTED: u16 = 24;

/// What a later Node.js does by default (Lambda guide, "Building Lambda functions with Node.js").
struct Feature {
    name: &'static str,
    /// The first versions that know the flag, of each major version that got it after its first release.
    since: [InterpreterVersion; 2],
}

const FEATURES: [Feature; 2] = [
    Feature { name: "require-module", since: [InterpreterVersion(20, 17), InterpreterVersion(22, 0)] },
    Feature { name: "detect-module", since: [InterpreterVersion(20, 10), InterpreterVersion(21, 1)] },
];

/// The flags that switch off what functions of `runtime` do not have, where `interpreter` runs them with `environment`.
pub(super) fn switched_off(
    runtime: InterpreterVersion,
    interpreter: InterpreterVersion,
    environment: &Environment,
) -> Vec<String> {
    if runtime.0 >= UNRESTRICTED {
        return Vec::new();
    }
    let options = environment.variables().get("NODE_OPTIONS").map_or("", String::as_str);
    let wanted = |feature: &Feature| {
        let flag = format!("--experimental-{}", feature.name);
        options.split_ascii_whitespace().any(|option| option == flag)
    };
    let missing = FEATURES.iter().filter(|feature| feature.known_to(interpreter) && !wanted(feature));
    missing.map(|feature| format!("--no-experimental-{}", feature.name)).collect()
}

impl Feature {
    fn known_to(&self, interpreter: InterpreterVersion) -> bool {
        let [early, late] = self.since;
        interpreter >= late || (interpreter.0 == early.0 && interpreter >= early)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags() {
        fn check(runtime: u16, interpreter: (u16, u16), options: &str, expect: &str) {
            let variables = [("NODE_OPTIONS".to_owned(), options.to_owned())].into();
            let environment = Environment::new(variables).expect("acceptable");
            let interpreter = InterpreterVersion(interpreter.0, interpreter.1);
            let found = switched_off(InterpreterVersion(runtime, 0), interpreter, &environment);
            assert_eq!(
                found.join(" ").replace("--no-experimental-", ""),
                expect,
                "{runtime} {interpreter:?}"
            );
        }
        check(22, (22, 14), "", "require-module detect-module");
        check(20, (20, 20), "--trace-warnings", "require-module detect-module");
        check(20, (20, 11), "", "detect-module");
        check(20, (20, 9), "", "");
        check(18, (18, 20), "", "");
        check(18, (22, 14), "", "require-module detect-module");
        check(24, (24, 1), "", "");
        check(24, (22, 14), "", "");
        check(22, (24, 1), "", "require-module detect-module");
        check(22, (22, 14), "--experimental-require-module", "detect-module");
        check(22, (22, 14), "--x --experimental-detect-module", "require-module");
    }
}
