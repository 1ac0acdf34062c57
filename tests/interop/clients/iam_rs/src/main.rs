//! Judges requests with iam-rs. Standard input: a JSON array of questions; standard output: an array of answers, in the
//! same order, each `{"decision": "allow" | "deny"}` or `{"error": …}`.

mod layers;
mod question;

use std::error::Error;

use serde_json::json;

use question::Question;

fn main() -> Result<(), Box<dyn Error>> {
    let questions: Vec<Question> = serde_json::from_reader(std::io::stdin())?;
    let answers: Vec<_> = questions.iter().map(answer).collect();
    println!("{}", serde_json::to_string(&answers)?);
    Ok(())
}

fn answer(question: &Question) -> serde_json::Value {
    match layers::is_allowed(question) {
        Ok(true) => json!({"decision": "allow"}),
        Ok(false) => json!({"decision": "deny"}),
        Err(error) => json!({"error": error}),
    }
}
