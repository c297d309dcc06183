variables {
  organisation = "acme"
  environment  = "prod"
  service      = "billing"
}

run "builds_name_and_labels" {
  command = plan

  assert {
    condition     = output.name == "acme-prod-billing"
    error_message = "Wrong name: ${output.name}"
  }

  assert {
    condition     = output.labels.environment == "prod" && length(output.labels) == 3
    error_message = "Wrong labels."
  }
}

run "refuses_an_unknown_environment" {
  command = plan

  variables {
    environment = "production"
  }

  expect_failures = [var.environment]
}

run "refuses_a_capital_letter" {
  command = plan

  variables {
    service = "Billing"
  }

  expect_failures = [output.name]
}

run "refuses_a_long_name" {
  command = plan

  variables {
    service = "billing-billing-billing-billing-billing-billing-billing-billing"
  }

  expect_failures = [output.name]
}
