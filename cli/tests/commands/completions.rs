use super::harness::rolecall;

#[test]
fn each_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = rolecall(&["completions", shell]);
        assert_eq!(ran.code, 0, "{shell}: {}", ran.all());
        assert!(ran.stdout.contains("check"), "{shell}: {}", ran.all());
    }
}
