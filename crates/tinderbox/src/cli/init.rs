//! `tinderbox init`: a project that can be deployed at once.

use super::{Failure, Outcome, failure::During};
use std::{fs, path::PathBuf, process::ExitCode};

/// Write a small project that can be deployed at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// Directory to make; its name becomes the function's.
    #[arg(default_value = "hello")]
    directory: PathBuf,
    /// Language of the function.
    #[arg(long, short, value_enum, default_value_t = Language::Python)]
    language: Language,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Language {
    Python,
    Node,
}

impl Language {
    /// The files of the project: name and content.
    fn files(self) -> [(&'static str, &'static str); 2] {
        match self {
            Language::Python => [
                ("lambda_function.py", include_str!("../../../../examples/hello-python/lambda_function.py")),
                ("tinderbox.toml", include_str!("../../../../examples/hello-python/tinderbox.toml")),
            ],
            Language::Node => [
                ("index.mjs", include_str!("../../../../examples/hello-node/index.mjs")),
                ("tinderbox.toml", include_str!("../../../../examples/hello-node/tinderbox.toml")),
            ],
        }
    }
}

impl Init {
    /// Writes the files; what is there already is never overwritten.
    pub(crate) fn run(self) -> Outcome {
        let directory = &self.directory;
        let shown = directory.display();
        let name = super::project::function_name(directory)?;
        let files = self.language.files();
        if let Some((taken, _)) = files.iter().find(|(file, _)| directory.join(file).exists()) {
            let failure = Failure::new(format!("{shown}/{taken} exists already"));
            return Err(failure.help("give another directory: tinderbox init NAME"));
        }
        fs::create_dir_all(directory).during(|| format!("cannot make {shown}"))?;
        for (file, content) in files {
            let content = content.replace("name = \"hello\"", &format!("name = \"{name}\""));
            fs::write(directory.join(file), content).during(|| format!("cannot write {shown}/{file}"))?;
            println!("wrote {shown}/{file}");
        }
        println!("next: tinderbox deploy {shown} && tinderbox invoke {name}");
        Ok(ExitCode::SUCCESS)
    }
}
