//! Makes sure that there is a folder for what `npm run build` makes in `web/graphiql`, even if empty:
//! the path of one that appears later would not be known to the program. Builds the program again
//! when something in it changes.

fn main() {
    let folder = "../web/graphiql/dist";
    if let Err(error) = std::fs::create_dir_all(folder) {
        println!("cargo::warning=GraphiQL will be missing: {folder} cannot be made: {error}");
    }
    println!("cargo::rerun-if-changed={folder}");
}
